//! `grants` of a component: each power it imports is granted within bounds, or denied. Every bound is stated, so none is wide open by omission.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{
    config::field::Field,
    domain::grant::{Decision, Grants, IssueSelfBounds, NameBounds, Pattern, Power},
};

const DENY: &str = "deny";
const DECISION: &str = "deny, or the bounds of a grant: { kinds: …, namespaces: …, names: … }";

pub(super) fn read(field: &Field<'_>) -> Grants {
    for (name, entry) in field.entries() {
        if Power::from_name(name).is_none() {
            let known = Power::ALL.map(Power::name).join(", ");
            entry.error::<()>(format!("unknown power; this version knows {known}"));
        }
    }
    let power = |power: Power| field.key(power.name());
    Grants { fallback: decision(&power(Power::Fallback), fallback), issue_self: decision(&power(Power::IssueSelf), issue_self) }
}

/// `deny`, or the bounds of a grant.
fn decision<B>(field: &Field<'_>, bounds: impl FnOnce(&Field<'_>) -> Option<B>) -> Option<Decision<B>> {
    if !field.is_set() {
        return None;
    }
    if field.is_object() {
        return bounds(field).map(Decision::Grant);
    }
    match field.string(DECISION)? {
        DENY => Some(Decision::Deny),
        _ => field.expected_shown(DECISION),
    }
}

fn fallback(field: &Field<'_>) -> Option<NameBounds> {
    field.only(&["kinds", "namespaces", "names"]);
    names(field)
}

fn issue_self(field: &Field<'_>) -> Option<IssueSelfBounds> {
    field.only(&["kinds", "namespaces", "names", "unlessInCatalog"]);
    let unless_in_catalog = field.key("unlessInCatalog");
    if !unless_in_catalog.is_set() {
        unless_in_catalog.error::<()>("missing; each bound must be stated: true refuses names that a catalog user bears, false gives them out");
    }
    let (names, unless_in_catalog) = (names(field), unless_in_catalog.boolean());
    Some(IssueSelfBounds { names: names?, unless_in_catalog: unless_in_catalog? })
}

fn names(field: &Field<'_>) -> Option<NameBounds> {
    // All three are read before any is missed.
    let [kinds, namespaces, names] = ["kinds", "namespaces", "names"].map(|bound| patterns(&field.key(bound)));
    Some(NameBounds { kinds: kinds?, namespaces: namespaces?, names: names? })
}

fn patterns(field: &Field<'_>) -> Option<Vec<Pattern>> {
    if !field.is_set() {
        return field.error("missing; each bound must be stated: patterns that match the whole value, or '.*' for any");
    }
    let items = field.items_or_one()?;
    if items.is_empty() {
        return field.error("an empty list grants nothing; write '.*' for any, or deny the power");
    }
    let patterns: Vec<_> = items.iter().map(pattern).collect();
    patterns.into_iter().collect()
}

fn pattern(field: &Field<'_>) -> Option<Pattern> {
    let text = field.string("a regular expression")?;
    Pattern::new(text)
        .map_err(|error| {
            let error = error.to_string();
            let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            field.error::<()>(format!("{text:?} is no regular expression: {why}"))
        })
        .ok()
}

/// The shape of `grants`.
pub(super) struct GrantsSchema;

impl JsonSchema for GrantsSchema {
    fn schema_name() -> Cow<'static, str> {
        "Grants".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let bound = |what: &str| {
            json_schema!({
                "description": format!("Regular expressions, one of which matches the whole {what}, in lower case; '.*' for any."),
                "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }],
            })
        };
        let kinds = bound("kind");
        let namespaces = bound("namespace");
        let names = bound("name");
        json_schema!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "fallback": { "description": "A name for those whom the catalog does not know. Live.", "anyOf": [{ "const": DENY }, {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["kinds", "namespaces", "names"],
                    "properties": { "kinds": kinds, "namespaces": namespaces, "names": names },
                }] },
                "issue-self": { "description": "A name without asking the catalog. Live.", "anyOf": [{ "const": DENY }, {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["kinds", "namespaces", "names", "unlessInCatalog"],
                    "properties": { "kinds": kinds, "namespaces": namespaces, "names": names, "unlessInCatalog": {
                        "type": ["boolean", "string"],
                        "description": "Refuse a name that a catalog user bears: it would sign in as that user without the catalog having been asked.",
                    } },
                }] },
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::testing::{faults, load, loaded},
        domain::entity_ref::EntityRef,
    };

    fn text(grants: &str) -> String {
        format!("stagedoor: {{ components: {{ x: {{ source: x.wasm, grants: {grants} }} }} }}")
    }

    fn grants(grants: &str) -> Grants {
        loaded(&text(grants)).stagedoor.components["x"].grants.clone()
    }

    #[test]
    fn what_is_not_decided_stays_undecided() {
        assert!(Power::ALL.iter().all(|power| grants("{}").decided(*power).is_none()));
        assert_eq!(grants("{ fallback: deny }").decided(Power::Fallback), Some("denied"));
        assert_eq!(grants("{ fallback: deny }").decided(Power::IssueSelf), None);
    }

    #[test]
    fn bounds_are_patterns_of_the_whole_value() {
        let grants = grants(
            "{ fallback: { kinds: user, namespaces: [default, ext], names: '[a-z]+' }, issue-self: { kinds: '.*', namespaces: '.*', names: '.*', unlessInCatalog: true } }",
        );
        let Some(Decision::Grant(bounds)) = grants.fallback else { panic!() };
        assert!(bounds.allow(&EntityRef::new("user", "ext", "zed").unwrap()));
        assert!(!bounds.allow(&EntityRef::new("user", "ext", "zed9").unwrap()));
        let Some(Decision::Grant(bounds)) = grants.issue_self else { panic!() };
        assert!(bounds.unless_in_catalog);
    }

    #[test]
    fn each_bound_must_be_stated() {
        insta::assert_snapshot!(faults(&text("{ fallback: {}, issue-self: { kinds: [user] } }")), @r"
        app-config.yaml: stagedoor.components.x.grants.fallback.kinds: missing; each bound must be stated: patterns that match the whole value, or '.*' for any
        app-config.yaml: stagedoor.components.x.grants.fallback.namespaces: missing; each bound must be stated: patterns that match the whole value, or '.*' for any
        app-config.yaml: stagedoor.components.x.grants.fallback.names: missing; each bound must be stated: patterns that match the whole value, or '.*' for any
        app-config.yaml: stagedoor.components.x.grants.issue-self.unlessInCatalog: missing; each bound must be stated: true refuses names that a catalog user bears, false gives them out
        app-config.yaml: stagedoor.components.x.grants.issue-self.namespaces: missing; each bound must be stated: patterns that match the whole value, or '.*' for any
        app-config.yaml: stagedoor.components.x.grants.issue-self.names: missing; each bound must be stated: patterns that match the whole value, or '.*' for any
        ");
    }

    #[test]
    fn every_other_fault_is_found_at_once() {
        let grants = "{ fallback: { kinds: [], namespaces: ['a(', 'b)|(.*', 7], names: '.*', name: x }, issue-self: allow, http-client: deny }";
        insta::assert_snapshot!(faults(&text(grants)), @r#"
        app-config.yaml: stagedoor.components.x.grants.http-client: unknown power; this version knows fallback, issue-self
        app-config.yaml: stagedoor.components.x.grants.fallback.name: unknown key; did you mean names?
        app-config.yaml: stagedoor.components.x.grants.fallback.kinds: an empty list grants nothing; write '.*' for any, or deny the power
        app-config.yaml: stagedoor.components.x.grants.fallback.namespaces[0]: "a(" is no regular expression: unclosed group
        app-config.yaml: stagedoor.components.x.grants.fallback.namespaces[1]: "b)|(.*" is no regular expression: unopened group
        app-config.yaml: stagedoor.components.x.grants.fallback.namespaces[2]: expected a regular expression, got a number
        app-config.yaml: stagedoor.components.x.grants.issue-self: expected deny, or the bounds of a grant: { kinds: …, namespaces: …, names: … }, got "allow"
        "#);
        assert!(load(&text("[fallback]")).is_err());
    }
}
