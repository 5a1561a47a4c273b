//! `grants` of a component: each power it imports is granted within bounds, or denied. Every bound is stated, so none is wide open by omission.

mod http_client;
mod schema;
mod tokens;

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

use crate::{
    config::field::Field,
    domain::{
        claims,
        grant::{ClaimBounds, Decision, Grants, HeaderBounds, IssueSelfBounds, NameBounds, NoBounds, Pattern, Power},
        headers,
    },
};

use tokens::Tokens;

pub(super) use http_client::{destinations, destinations_schema};
pub(super) use schema::{GrantsSchema, one_or_more};

/// The shape of `grants`, for schemas of other documents.
pub(crate) fn schema() -> Value {
    GrantsSchema::json_schema(&mut SchemaGenerator::default()).to_value()
}

const DENY: &str = "deny";
const GRANT: &str = "grant";
const NAMES: [&str; 3] = ["kinds", "namespaces", "names"];

pub(crate) fn read(field: &Field<'_>, configured: Tokens<'_>) -> Grants {
    for (name, entry) in field.entries() {
        if Power::from_name(name).is_none() {
            let known = Power::ALL.map(Power::name).join(", ");
            entry.error::<()>(format!("unknown power; this version knows {known}"));
        }
    }
    let power = |power: Power| field.key(power.name());
    Grants {
        fallback: decision(&power(Power::Fallback), &NAMES, names),
        issue_self: decision(&power(Power::IssueSelf), &["kinds", "namespaces", "names", "unlessInCatalog"], issue_self),
        add_ownership: decision(&power(Power::AddOwnership), &NAMES, names),
        replace_ownership: decision(&power(Power::ReplaceOwnership), &NAMES, names),
        add_token_claims: decision(&power(Power::AddTokenClaims), &["claims"], token_claims),
        sensitive_headers: decision(&power(Power::SensitiveHeaders), &["headers"], |field| sensitive_headers(field, configured)),
        verified_claims: decision(&power(Power::VerifiedClaims), &["tokens"], |field| tokens::read(field, configured, true)),
        unverified_claims: decision(&power(Power::UnverifiedClaims), &["tokens"], |field| tokens::read(field, configured, false)),
        groups: without_bounds(&power(Power::Groups)),
        http_client: decision(&power(Power::HttpClient), &["destinations", "credentials"], http_client::read),
    }
}

/// `deny`, or the bounds of a grant.
fn decision<B>(field: &Field<'_>, bounds: &[&str], read: impl FnOnce(&Field<'_>) -> Option<B>) -> Option<Decision<B>> {
    if !field.is_set() {
        return None;
    }
    if field.is_object() {
        field.only(bounds);
        return read(field).map(Decision::Grant);
    }
    let stated: Vec<_> = bounds.iter().map(|bound| format!("{bound}: …")).collect();
    let expected = format!("deny, or the bounds of a grant: {{ {} }}", stated.join(", "));
    match field.string(&expected)? {
        DENY => Some(Decision::Deny),
        _ => field.expected_shown(&expected),
    }
}

/// `deny`, or `grant` for a power that has no bounds.
fn without_bounds(field: &Field<'_>) -> Option<Decision<NoBounds>> {
    let expected = "deny, or grant: this power has no bounds";
    match field.string(expected)? {
        DENY => Some(Decision::Deny),
        GRANT => Some(Decision::Grant(NoBounds)),
        _ => field.expected_shown(expected),
    }
}

fn issue_self(field: &Field<'_>) -> Option<IssueSelfBounds> {
    let unless_in_catalog = field.key("unlessInCatalog");
    if !unless_in_catalog.is_set() {
        unless_in_catalog.error::<()>("missing; each bound must be stated: true refuses names that a catalog user bears, false gives them out");
    }
    let (names, unless_in_catalog) = (names(field), unless_in_catalog.boolean());
    Some(IssueSelfBounds { names: names?, unless_in_catalog: unless_in_catalog? })
}

fn names(field: &Field<'_>) -> Option<NameBounds> {
    let read =
        |bound| list(&field.key(bound), "patterns that match the whole value, or '.*' for any", "write '.*' for any, or deny the power", pattern);
    // All three are read before any is missed.
    let [kinds, namespaces, names] = NAMES.map(read);
    Some(NameBounds { kinds: kinds?, namespaces: namespaces?, names: names? })
}

fn token_claims(field: &Field<'_>) -> Option<ClaimBounds> {
    let claims = list(&field.key("claims"), "the names of the claims", "name the claims, or deny the power", claim)?;
    Some(ClaimBounds { claims })
}

fn sensitive_headers(field: &Field<'_>, configured: Tokens<'_>) -> Option<HeaderBounds> {
    let header = |field: &Field<'_>| header(field, configured);
    let headers = list(&field.key("headers"), "the names of the headers", "name the headers, or deny the power", header)?;
    Some(HeaderBounds { headers })
}

/// One bound: a list of at least one item, or a single item.
fn list<T>(field: &Field<'_>, what: &str, instead: &str, item: impl Fn(&Field<'_>) -> Option<T>) -> Option<Vec<T>> {
    if !field.is_set() {
        return field.error(format!("missing; each bound must be stated: {what}"));
    }
    let items = field.items_or_one()?;
    if items.is_empty() {
        return field.error(format!("an empty list grants nothing; {instead}"));
    }
    // All of them are read before any is missed.
    let items: Vec<_> = items.iter().map(item).collect();
    items.into_iter().collect()
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

fn claim(field: &Field<'_>) -> Option<String> {
    match field.string("the name of a claim")? {
        name if claims::is_registered(name) => field.error(format!("{name:?} is a claim that the token has of itself; no resolver may add it")),
        "__proto__" => {
            field.error("\"__proto__\" is a claim that no resolver can add: plugins are JavaScript, where it can change what all objects are")
        }
        name => Some(name.to_owned()),
    }
}

fn header(field: &Field<'_>, configured: Tokens<'_>) -> Option<String> {
    let name = field.string("the name of a header")?.to_ascii_lowercase();
    let mut known: Vec<&str> = headers::grantable().collect();
    known.extend(configured.into_iter().flatten().map(|(_, token)| token.header.as_str()).filter(|name| !headers::SENSITIVE.contains(name)));
    if known.contains(&name.as_str()) {
        return Some(name);
    }
    field.error(format!("{name:?} is no sensitive header; those are {}", known.join(", ")))
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
    fn claims_and_headers_are_named_exactly() {
        let grants = grants("{ add-token-claims: { claims: [groups, e-mail] }, sensitive-headers: { headers: Authorization } }");
        let Some(Decision::Grant(bounds)) = grants.add_token_claims else { panic!() };
        assert!(bounds.allow("groups") && !bounds.allow("Groups") && !bounds.allow("roles"));
        let Some(Decision::Grant(bounds)) = grants.sensitive_headers else { panic!() };
        let granted = |name| bounds.granted(name).is_some();
        assert!(granted("authorization") && granted("AUTHORIZATION") && !granted("cookie"));
    }

    #[test]
    fn what_no_grant_can_give_is_refused() {
        let grants =
            "{ add-token-claims: { claims: [sub, Exp, uip, '', 7, __proto__] }, sensitive-headers: { headers: [x-forwarded-user, set-cookie, ''] } }";
        insta::assert_snapshot!(faults(&text(grants)), @r#"
        app-config.yaml: stagedoor.components.x.grants.add-token-claims.claims[0]: "sub" is a claim that the token has of itself; no resolver may add it
        app-config.yaml: stagedoor.components.x.grants.add-token-claims.claims[1]: "Exp" is a claim that the token has of itself; no resolver may add it
        app-config.yaml: stagedoor.components.x.grants.add-token-claims.claims[2]: "uip" is a claim that the token has of itself; no resolver may add it
        app-config.yaml: stagedoor.components.x.grants.add-token-claims.claims[3]: expected the name of a claim, got an empty string
        app-config.yaml: stagedoor.components.x.grants.add-token-claims.claims[4]: expected the name of a claim, got a number
        app-config.yaml: stagedoor.components.x.grants.add-token-claims.claims[5]: "__proto__" is a claim that no resolver can add: plugins are JavaScript, where it can change what all objects are
        app-config.yaml: stagedoor.components.x.grants.sensitive-headers.headers[0]: "x-forwarded-user" is no sensitive header; those are authorization, proxy-authorization, cookie, x-forwarded-access-token, x-auth-request-access-token, x-access-token, x-oauth2-proxy-id-token, gap-auth, gap-signature
        app-config.yaml: stagedoor.components.x.grants.sensitive-headers.headers[1]: "set-cookie" is no sensitive header; those are authorization, proxy-authorization, cookie, x-forwarded-access-token, x-auth-request-access-token, x-access-token, x-oauth2-proxy-id-token, gap-auth, gap-signature
        app-config.yaml: stagedoor.components.x.grants.sensitive-headers.headers[2]: expected the name of a header, got an empty string
        "#);
    }

    #[test]
    fn each_bound_must_be_stated() {
        let grants = "{ fallback: {}, issue-self: { kinds: [user] }, add-token-claims: {}, sensitive-headers: {} }";
        insta::assert_snapshot!(faults(&text(grants)), @r"
        app-config.yaml: stagedoor.components.x.grants.fallback.kinds: missing; each bound must be stated: patterns that match the whole value, or '.*' for any
        app-config.yaml: stagedoor.components.x.grants.fallback.namespaces: missing; each bound must be stated: patterns that match the whole value, or '.*' for any
        app-config.yaml: stagedoor.components.x.grants.fallback.names: missing; each bound must be stated: patterns that match the whole value, or '.*' for any
        app-config.yaml: stagedoor.components.x.grants.issue-self.unlessInCatalog: missing; each bound must be stated: true refuses names that a catalog user bears, false gives them out
        app-config.yaml: stagedoor.components.x.grants.issue-self.namespaces: missing; each bound must be stated: patterns that match the whole value, or '.*' for any
        app-config.yaml: stagedoor.components.x.grants.issue-self.names: missing; each bound must be stated: patterns that match the whole value, or '.*' for any
        app-config.yaml: stagedoor.components.x.grants.add-token-claims.claims: missing; each bound must be stated: the names of the claims
        app-config.yaml: stagedoor.components.x.grants.sensitive-headers.headers: missing; each bound must be stated: the names of the headers
        ");
    }

    #[test]
    fn every_other_fault_is_found_at_once() {
        let grants = "{ fallback: { kinds: [], namespaces: ['a(', 'b)|(.*', 7], names: '.*', name: x }, issue-self: allow, groups: yes, http: deny }";
        insta::assert_snapshot!(faults(&text(grants)), @r#"
        app-config.yaml: stagedoor.components.x.grants.http: unknown power; this version knows fallback, issue-self, add-ownership, replace-ownership, add-token-claims, sensitive-headers, verified-claims, unverified-claims, groups, http-client
        app-config.yaml: stagedoor.components.x.grants.fallback.name: unknown key; did you mean names?
        app-config.yaml: stagedoor.components.x.grants.fallback.kinds: an empty list grants nothing; write '.*' for any, or deny the power
        app-config.yaml: stagedoor.components.x.grants.fallback.namespaces[0]: "a(" is no regular expression: unclosed group
        app-config.yaml: stagedoor.components.x.grants.fallback.namespaces[1]: "b)|(.*" is no regular expression: unopened group
        app-config.yaml: stagedoor.components.x.grants.fallback.namespaces[2]: expected a regular expression, got a number
        app-config.yaml: stagedoor.components.x.grants.issue-self: expected deny, or the bounds of a grant: { kinds: …, namespaces: …, names: …, unlessInCatalog: … }, got "allow"
        app-config.yaml: stagedoor.components.x.grants.groups: expected deny, or grant: this power has no bounds, got "yes"
        "#);
        assert!(load(&text("[fallback]")).is_err());
    }
}
