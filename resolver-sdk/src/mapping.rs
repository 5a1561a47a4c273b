//! A table from somebody else's names to entity refs, which the operator writes as a setting.
//!
//! Refs are read when the settings are, and a rule that cannot be meant is refused then. A name from a token only ever becomes a part of a name.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor},
};

use self::rule::Rule;
use crate::{EntityRef, Error, Groups, Setting};

mod rule;

/// Which entities a name stands for. A key is a name, compared exactly, or a prefix with a `*` behind it; values are groups, or whatever entity a whole
/// ref says.
///
/// ```yaml
/// teams:
///   ad-1: [developer]                            # group:default/developer
///   ad-2: [operator, group:people/developer]
///   ad-team-*: ['team-*']                        # ad-team-red is group:default/team-red
/// ```
/// ```
/// use resolver_sdk::{EntityRef, Groups, Mapping, settings};
///
/// settings! {
///     struct Settings {
///         /// Which groups those of the directory are.
///         teams: Mapping,
///     }
/// }
///
/// let settings: Settings = serde_json::from_str(r#"{ "teams": { "ad-1": ["developer"], "ad-team-*": ["team-*"] } }"#)?;
/// let groups = Groups::separated("ad-team-red,ad-1,ad-9", ',');
/// assert_eq!(settings.teams.entity_refs(&groups), [EntityRef::group("team-red"), EntityRef::group("developer")]);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// A name that is a key itself has no other rule, otherwise the longest prefix counts. In a value, a `*` at the end stands for what follows the prefix;
/// where no entity can bear what comes of it, the name stands for nothing.
#[derive(Debug, Clone)]
pub struct Mapping(Vec<Rule>);

impl Mapping {
    /// A table that the author writes; see the [type](Self) for its rules. An error `other` if it makes no sense.
    ///
    /// ```
    /// use resolver_sdk::{EntityRef, Mapping};
    ///
    /// let logins = Mapping::new(&[("jdoe", &["user:people/jane.doe"])])?;
    /// assert_eq!(logins.of("jdoe"), [EntityRef::user("jane.doe").in_namespace("people")]);
    /// # Ok::<(), resolver_sdk::Error>(())
    /// ```
    pub fn new(rules: &[(&str, &[&str])]) -> Result<Self, Error> {
        let rules = rules.iter().map(|(key, values)| Rule::read(key, values.iter().copied()));
        rules.collect::<Result<_, _>>().map(Self).map_err(|error| Error::other("The mapping makes no sense").because(error))
    }

    /// What one name stands for; nothing if no rule has it.
    pub fn of(&self, name: &str) -> Vec<EntityRef> {
        EntityRef::each_once(self.targets(name))
    }

    /// What the names stand for, in their order and each once.
    pub fn entity_refs(&self, groups: &Groups) -> Vec<EntityRef> {
        EntityRef::each_once(groups.names().iter().flat_map(|name| self.targets(name)))
    }

    fn targets<'a>(&'a self, name: &'a str) -> impl Iterator<Item = EntityRef> + 'a {
        let exact = self.0.iter().find(|rule| rule.is(name));
        let rule = exact.or_else(|| self.0.iter().filter(|rule| rule.begins(name)).max_by_key(|rule| rule.key.len()));
        rule.into_iter().flat_map(|rule| rule.entity_refs(name))
    }
}

impl<'de> Deserialize<'de> for Mapping {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Rules)
    }
}

/// Reads the rules one by one.
struct Rules;

impl<'de> Visitor<'de> for Rules {
    type Value = Mapping;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping from names to lists of entity refs")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Mapping, A::Error> {
        let mut rules = Vec::new();
        while let Some((key, values)) = map.next_entry::<String, Vec<String>>()? {
            rules.push(Rule::read(&key, values.iter().map(String::as_str)).map_err(de::Error::custom)?);
        }
        Ok(Mapping(rules))
    }
}

impl Setting for Mapping {
    fn push_schema(members: &mut String) {
        rule::push_schema(members);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn directory() -> Mapping {
        Mapping::new(&[
            ("ad-1", &["developer"]),
            ("ad-2", &["operator", "Developer"]),
            ("ad-team-*", &["team-*", "user:people/*"]),
            ("ad-team-red", &["group:ops/red"]),
            ("ad-team-x-*", &["x"]),
        ])
        .unwrap()
    }

    fn shown(refs: &[EntityRef]) -> Vec<String> {
        refs.iter().map(EntityRef::to_string).collect()
    }

    #[test]
    fn names_stand_for_entities_each_once() {
        let groups = Groups::separated("ad-2,ad-1,ad-9", ',');
        assert_eq!(shown(&directory().entity_refs(&groups)), ["group:default/operator", "group:default/Developer"]);
        for (name, expected) in [
            ("ad-1", &["group:default/developer"][..]),
            ("ad-team-red", &["group:ops/red"]),
            ("ad-team-Blue", &["group:default/team-Blue", "user:people/Blue"]),
            ("ad-team-x-1", &["group:default/x"]),
            ("ad-team-x-", &["group:default/x"]),
            ("ad-team-", &["group:default/team-"]),
            ("AD-1", &[]),
            ("ad-1 ", &[]),
            ("ad-team", &[]),
            ("*", &[]),
            ("", &[]),
        ] {
            assert_eq!(shown(&directory().of(name)), expected, "{name:?}");
        }
    }

    #[test]
    fn a_name_from_a_token_stays_a_part_of_a_name() {
        for name in ["ad-team-x:y", "ad-team-ops/admins", "ad-team-a,b", "ad-team-\0", "ad-team-\u{212A}", &format!("ad-team-{}", "x".repeat(254))] {
            assert!(directory().of(name).is_empty(), "{name:.40?}");
        }
        assert_eq!(shown(&directory().of("ad-team-*")), ["group:default/team-*", "user:people/*"], "a star in a token is only a star");
    }

    #[test]
    fn everything_can_be_mapped_but_it_must_be_said() {
        let all = Mapping::new(&[("*", &["*"]), ("a", &["b"])]).unwrap();
        assert_eq!((shown(&all.of("x")), shown(&all.of("a"))), (vec!["group:default/x".to_owned()], vec!["group:default/b".to_owned()]));
    }

    #[test]
    fn a_rule_that_cannot_be_meant_is_refused() {
        for (key, values) in [
            ("", &["a"][..]),
            ("a*b", &["a"]),
            ("**", &["a"]),
            ("a", &[]),
            ("a", &[""]),
            ("a", &["b*"]),
            ("a*", &["b*c"]),
            ("a*", &["b**"]),
            ("a", &["group:"]),
            ("a", &["ns/"]),
            ("a", &["/b"]),
            ("a", &[":b"]),
            ("a", &["a:b:c"]),
            ("a", &["a/b/c"]),
            ("a", &["a,b"]),
            ("a", &["\u{212A}"]),
            ("a*", &["user*:x"]),
            ("a*", &["group:*/x"]),
        ] {
            let error = Mapping::new(&[(key, values)]).unwrap_err();
            assert_eq!(error.message(), "The mapping makes no sense", "{key} {values:?}");
        }
    }

    proptest! {
        #[test]
        fn a_name_never_leaves_the_kind_and_namespace_of_its_rule(name in "ad-team-.{0,20}") {
            for entity_ref in directory().of(&name) {
                prop_assert!(matches!((entity_ref.kind(), entity_ref.namespace()), ("group", "default" | "ops") | ("user", "people")));
            }
        }
    }
}
