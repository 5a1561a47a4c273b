//! The groups that a proxy or an identity provider names: a list of names in its own words, which become entity refs last.
//!
//! What is doubtful is left out, never guessed: fewer groups mean fewer rights. Names are compared exactly.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{Claims, Context, EntityRef, Error, NameRules};

/// Names of groups or roles, in the order in which they were given, each once, none of them empty.
///
/// ```
/// use resolver_sdk::{Context, Error, Groups, Identity, UserQuery};
///
/// fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
///     let roles = Groups::from_header(ctx, "x-forwarded-groups").prefixed("role:");
///     roles.only(["developer", "operator"]).or_refuse("You have no role in Backstage")?;
///     ctx.sign_in_with_catalog_user(UserQuery::name(ctx.required_header("x-forwarded-user", "Request did not contain a user")?))
/// }
/// # use resolver_sdk::testing::{FakeContext, FakeUser};
/// # let door = FakeContext::new().with_user(FakeUser::new("alice")).with_header("x-forwarded-user", "alice");
/// # assert!(resolve(&door.clone().with_header("x-forwarded-groups", "/staff,role:developer")).is_ok());
/// # assert!(resolve(&door.with_header("x-forwarded-groups", "developer")).is_err());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups(Vec<String>);

impl Groups {
    /// The names in a header, between commas; none if the header is absent.
    ///
    /// oauth2-proxy joins the groups of `x-forwarded-groups` like that and escapes nothing: **a group whose own name holds a comma arrives as two**,
    /// so whoever may name groups freely may give themselves any. Where that is possible, take a claim.
    pub fn from_header(ctx: &impl Context, name: &str) -> Self {
        Self::separated(&ctx.get_header(name).unwrap_or_default(), ',')
    }

    /// The names in a claim, which must be a list; none if the claim is absent. Members that are no text are left out.
    ///
    /// An error `other` if the claim is something else. One that is a text with separators says which:
    ///
    /// ```
    /// # use resolver_sdk::{Claims, Groups};
    /// let claims = Claims::from_json(r#"{ "roles": "admin viewer", "groups": ["team-a", null, 7] }"#)?;
    /// assert_eq!(Groups::from_claim(&claims, "groups")?.names(), ["team-a"]);
    /// assert!(Groups::from_claim(&claims, "roles").is_err());
    /// assert_eq!(Groups::separated(claims.text("roles")?.unwrap_or_default(), ' ').names(), ["admin", "viewer"]);
    /// # Ok::<(), resolver_sdk::Error>(())
    /// ```
    pub fn from_claim(claims: &Claims, path: &str) -> Result<Self, Error> {
        Ok(claims.list(path)?.into_iter().flatten().filter_map(Value::as_str).collect())
    }

    /// The names in a text, with blanks around them or not.
    pub fn separated(text: &str, separator: char) -> Self {
        text.split(separator).map(str::trim).collect()
    }

    /// These and then the others.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        self.0.iter().chain(&others.0).map(String::as_str).collect()
    }

    /// Those that begin with the prefix, without it: of `role:admin` and `/staff` with `role:` it is `admin`.
    #[must_use]
    pub fn prefixed(&self, prefix: &str) -> Self {
        self.0.iter().filter_map(|name| name.strip_prefix(prefix)).collect()
    }

    /// All of them, without the prefix where they have it: `/staff` and `team-a` without `/` are `staff` and `team-a`.
    #[must_use]
    pub fn without_prefix(&self, prefix: &str) -> Self {
        self.0.iter().map(|name| name.strip_prefix(prefix).unwrap_or(name)).collect()
    }

    /// All of them by the rules; what these refuse is left out.
    #[must_use]
    pub fn cleaned(&self, rules: NameRules) -> Self {
        let names: Vec<_> = self.0.iter().filter_map(|name| rules.clean(name).ok()).collect();
        names.iter().map(String::as_str).collect()
    }

    /// Those that are wanted, in the order of the wanted ones.
    #[must_use]
    pub fn only<W: AsRef<str>>(&self, wanted: impl IntoIterator<Item = W>) -> Self {
        wanted.into_iter().filter_map(|wanted| self.0.iter().find(|name| *name == wanted.as_ref())).map(String::as_str).collect()
    }

    /// These, or Backstage's `NotAllowedError` with this message if there are none.
    pub fn or_refuse(self, message: &'static str) -> Result<Self, Error> {
        if self.is_empty() { Err(Error::not_allowed(message)) } else { Ok(self) }
    }

    /// These, or that one if there are none.
    #[must_use]
    pub fn or_default(self, name: &str) -> Self {
        if self.is_empty() { [name].into_iter().collect() } else { self }
    }

    /// Whether a group of exactly that name is among them.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|other| other == name)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names as they are.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// The groups of those names in the namespace `default`, each once. Names that no entity can bear, such as `role:admin`, are left out.
    pub fn entity_refs(&self) -> Vec<EntityRef> {
        EntityRef::each_once(self.0.iter().map(EntityRef::group))
    }

    /// The same in another namespace.
    pub fn entity_refs_in(&self, namespace: &str) -> Vec<EntityRef> {
        EntityRef::each_once(self.0.iter().map(|name| EntityRef::group(name).in_namespace(namespace)))
    }
}

/// Without those that are empty, and each once.
impl<'a> FromIterator<&'a str> for Groups {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let mut seen = BTreeSet::new();
        Self(names.into_iter().map(str::to_owned).filter(|name| !name.is_empty() && seen.insert(name.clone())).collect())
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::FakeContext;

    fn groups(text: &str) -> Groups {
        Groups::separated(text, ',')
    }

    fn refs(groups: &Groups) -> Vec<String> {
        groups.entity_refs().iter().map(EntityRef::to_string).collect()
    }

    fn claim(claims: &str) -> Result<Groups, Error> {
        Groups::from_claim(&Claims::from_json(claims)?, "groups")
    }

    #[test]
    fn a_header_holds_names_between_commas() {
        let read = |value: &str| Groups::from_header(&FakeContext::new().with_header("X-Forwarded-Groups", value), "x-forwarded-groups");
        for (value, names) in [
            ("", &[][..]),
            (",, ,\t,", &[]),
            ("a", &["a"]),
            ("b,a,b", &["b", "a"]),
            (" a , b ", &["a", "b"]),
            ("Team A,/dept/team", &["Team A", "/dept/team"]),
            ("admins,Admins", &["admins", "Admins"]),
            // What a proxy does that lets the client's copy through; no name of ours is made of it.
            ("evil, a", &["evil", "a"]),
        ] {
            assert_eq!(read(value).names(), names, "{value:?}");
        }
        assert!(Groups::from_header(&FakeContext::new(), "x-forwarded-groups").is_empty());
    }

    #[test]
    fn a_claim_is_a_list_or_absent() {
        for (claims, expected) in [
            (r#"{"groups":["alpha","platform-admins","alpha"]}"#, &["group:default/alpha", "group:default/platform-admins"][..]),
            (r#"{"groups":["alpha", 7, "", null, ["x"], {"y":1}, true]}"#, &["group:default/alpha"]),
            (r#"{"groups":["Team A","team a"]}"#, &["group:default/Team A"]),
            (r#"{"groups":["a,b","role:x","ops/x","\u212Aevin","a\u0000"]}"#, &[]),
            (r#"{"groups":[]}"#, &[]),
            (r#"{"groups":null}"#, &[]),
            ("{}", &[]),
        ] {
            assert_eq!(refs(&claim(claims).unwrap()), expected, "{claims}");
        }
        for claims in [r#"{"groups":"admins"}"#, r#"{"groups":{"0":"admins"}}"#, r#"{"groups":7}"#] {
            assert_eq!(claim(claims).unwrap_err().cause(), Some("the claim groups is not a list"));
        }
    }

    #[test]
    fn a_prefix_is_demanded_or_cut() {
        let given = groups("role:admin,/alpha,beta,role:,Role:x,role:role:y");
        assert_eq!(given.prefixed("role:").names(), ["admin", "role:y"]);
        assert_eq!(given.without_prefix("/").only(["alpha", "beta"]).names(), ["alpha", "beta"]);
        assert_eq!(groups("/,//a").without_prefix("/").names(), ["/a"], "once, and nothing is left of a slash alone");
    }

    #[test]
    fn only_known_roles_count_and_the_author_says_what_without_them() {
        let known = |given| groups(given).only(["admins", "viewers"]);
        assert_eq!(known("viewers,x,admins").names(), ["admins", "viewers"]);
        assert!(known("x,ADMINS,viewer,admins\u{200B}").is_empty());
        assert_eq!(known("x").or_refuse("No role").unwrap_err(), Error::not_allowed("No role"));
        assert_eq!(known("admins").or_refuse("No role").unwrap().names(), ["admins"]);
        assert_eq!(known("x").or_default("guests").names(), ["guests"]);
        assert_eq!(known("admins").or_default("guests").names(), ["admins"]);
        assert!(groups("a").or_refuse("No role").unwrap().contains("a") && !groups("A").contains("a"));
    }

    #[test]
    fn a_union_has_each_once_and_the_first_seen_first() {
        assert_eq!(refs(&groups("a,b").and(&groups("b,C"))), ["group:default/a", "group:default/b", "group:default/C"]);
    }

    #[test]
    fn names_become_refs_of_their_namespace() {
        assert_eq!(refs(&groups("Team A,***").cleaned(NameRules::catalog())), ["group:default/team-a"]);
        assert_eq!(groups("a,A,role:b").entity_refs_in("Corp"), [EntityRef::group("a").in_namespace("corp")]);
        assert!(groups("a").entity_refs_in("a/b").is_empty());
    }

    #[test]
    fn a_directory_full_of_groups_is_read_whole() {
        let many = (0..50_000).map(|n| format!("Group {n}")).collect::<Vec<_>>().join(",");
        assert_eq!(groups(&many).and(&groups(&many)).entity_refs().len(), 50_000);
    }

    proptest! {
        #[test]
        fn no_name_gets_in_that_was_not_there(text in "[a-c:/, ]{0,20}", prefix in "[a-c:/]{0,2}") {
            let all = groups(&text);
            for name in all.prefixed(&prefix).names() {
                prop_assert!(all.contains(&[&*prefix, name].concat()));
            }
            for name in all.without_prefix(&prefix).names() {
                prop_assert!(all.contains(name) || all.contains(&[&*prefix, name].concat()));
            }
            prop_assert!(all.entity_refs().iter().all(|group| group.kind() == "group" && group.namespace() == "default"));
        }
    }
}
