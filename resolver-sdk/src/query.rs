//! Whom to look for. Values go to the catalog as they are: nothing that comes from a header is read as an expression.

use crate::EntityRef;

/// Which user is meant; never anybody but a user.
///
/// ```
/// use resolver_sdk::{EntityRef, FilterTerm, UserQuery};
///
/// UserQuery::name("alice");
/// UserQuery::entity_ref(EntityRef::user("carol").in_namespace("people"));
/// UserQuery::email("alice@corp.example");
/// UserQuery::annotation("github.com/user-login", "alice");
/// UserQuery::filter([[FilterTerm::new("spec.profile.displayName", "Alice"), FilterTerm::any_of("metadata.namespace", ["default", "people"])]]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserQuery(pub(crate) Kind);

/// The three ways to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    EntityRef(EntityRef),
    Annotations(Vec<(String, String)>),
    Filter(Vec<Vec<FilterTerm>>),
}

impl UserQuery {
    /// The user of that name in the namespace `default`. A name that no entity can bear (empty, or with `:`, `/`, `,` or a control character in it)
    /// is found nowhere.
    pub fn name(name: impl Into<String>) -> Self {
        Self::entity_ref(EntityRef::user(name))
    }

    /// The user with that ref. Looking for another kind is an error `input`.
    pub fn entity_ref(entity_ref: EntityRef) -> Self {
        Self(Kind::EntityRef(entity_ref))
    }

    /// The user with that address in `spec.profile.email`, whatever the case and the namespace.
    pub fn email(email: impl Into<String>) -> Self {
        Self::filter([[FilterTerm::new("spec.profile.email", email)]])
    }

    /// The user whose annotation has exactly that value. An empty value is an error `input`.
    pub fn annotation(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self::annotations([(key, value)])
    }

    /// The user who has all these annotations with exactly these values. None at all, or an empty one, is an error `input`.
    pub fn annotations<K: Into<String>, V: Into<String>>(annotations: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(Kind::Annotations(annotations.into_iter().map(|(key, value)| (key.into(), value.into())).collect()))
    }

    /// The user for whom all terms of one of the alternatives hold. No alternative, or one without a term, is an error `input`.
    pub fn filter<T: IntoIterator<Item = FilterTerm>>(alternatives: impl IntoIterator<Item = T>) -> Self {
        Self(Kind::Filter(alternatives.into_iter().map(|terms| terms.into_iter().collect()).collect()))
    }
}

/// One condition of [`UserQuery::filter`]: under a key of the catalog's search stands one of these values. Both are compared without case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterTerm {
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

impl FilterTerm {
    /// The key has this value.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), values: vec![value.into()] }
    }

    /// The key has one of these values. None at all, or an empty one, is an error `input`.
    pub fn any_of<V: Into<String>>(key: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        Self { key: key.into(), values: values.into_iter().map(Into::into).collect() }
    }
}
