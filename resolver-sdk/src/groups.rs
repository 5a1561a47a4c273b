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

    /// The names in a claim that is a list with some providers and a text with separators with others; none if the claim is absent.
    ///
    /// ```
    /// # use resolver_sdk::{Claims, Groups};
    /// let claims = Claims::from_json(r#"{ "roles": "admin, viewer", "groups": ["team-a", null, 7] }"#)?;
    /// assert_eq!(Groups::from_claim_or_text(&claims, "roles", ',')?.names(), ["admin", "viewer"]);
    /// assert_eq!(Groups::from_claim_or_text(&claims, "groups", ',')?.names(), ["team-a"]);
    /// # Ok::<(), resolver_sdk::Error>(())
    /// ```
    pub fn from_claim_or_text(claims: &Claims, path: &str, separator: char) -> Result<Self, Error> {
        match claims.text(path) {
            Ok(text) => Ok(Self::separated(text.unwrap_or_default(), separator)),
            Err(_) => Self::from_claim(claims, path),
        }
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

    /// What stands under these names in a table of the operator's, each once; nothing for a name that is not in it. A table that is not configured ends
    /// the component.
    ///
    /// ```
    /// # use resolver_sdk::{Groups, testing::FakeContext};
    /// # let ctx = FakeContext::new().with_table("roles", serde_json::json!({ "ad-1": "developer", "ad-2": ["operator", "developer"] }));
    /// assert_eq!(Groups::separated("ad-2,ad-1,ad-9", ',').looked_up(&ctx, "roles").names(), ["operator", "developer"]);
    /// ```
    #[must_use]
    pub fn looked_up(&self, ctx: &impl Context, table: &str) -> Self {
        let values: Vec<_> = self.0.iter().flat_map(|name| ctx.look_up(table, name)).collect();
        values.iter().map(String::as_str).collect()
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
mod tests;
