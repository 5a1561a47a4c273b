//! How a resolver says whom it looks for. A query always means users: the kind is not the guest's to choose.

use super::entity_ref::{EntityRef, InvalidEntityRef};

/// One condition: the key has one of the values. Values are compared, never parsed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FilterTerm {
    /// A key of the catalog's search, such as `spec.profile.email`. Compared without case.
    pub key: String,
    /// At least one; none of them empty.
    pub values: Vec<String>,
}

/// Which user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum UserQuery {
    /// This very user.
    EntityRef(EntityRef),
    /// A ref that no entity can bear (an empty name, a `/` in it): found nowhere, and nobody is asked.
    Nobody,
    /// All annotations have these values: compared as the catalog does, then exactly on the entity that came back.
    Annotations(Vec<(String, String)>),
    /// Or of ands.
    Filter(Vec<Vec<FilterTerm>>),
}

/// The most alternatives, terms and values of one query together: what a person is looked up by is a handful.
pub const MAX_CONDITIONS: usize = 64;

/// Why a query cannot be asked: Backstage's `InputError`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuery {
    /// It has no condition, or a condition without a value: it would match everybody.
    #[error("Invalid user lookup query")]
    Empty,
    /// It names another kind than user.
    #[error("Invalid user lookup query: only entities of kind user can be looked up")]
    Kind,
    /// It has more than [`MAX_CONDITIONS`] alternatives, terms and values.
    #[error("Invalid user lookup query: it has more than {MAX_CONDITIONS} conditions")]
    TooLarge,
}

impl UserQuery {
    /// Looks for one ref. Another kind than user is an error; parts that no entity can bear find nobody.
    pub fn entity_ref(kind: &str, namespace: &str, name: &str) -> Result<Self, InvalidQuery> {
        if !kind.eq_ignore_ascii_case("user") {
            return Err(InvalidQuery::Kind);
        }
        Ok(EntityRef::new("user", namespace, name).map_or_else(|_: InvalidEntityRef| Self::Nobody, Self::EntityRef))
    }

    /// Looks for the user with all these annotations.
    pub fn annotations(annotations: Vec<(String, String)>) -> Result<Self, InvalidQuery> {
        let incomplete = annotations.iter().any(|(key, value)| key.is_empty() || value.is_empty());
        if annotations.len() > MAX_CONDITIONS {
            return Err(InvalidQuery::TooLarge);
        }
        if annotations.is_empty() || incomplete { Err(InvalidQuery::Empty) } else { Ok(Self::Annotations(annotations)) }
    }

    /// Looks for the user whom one of the alternatives describes. Backstage adds `kind=user` to each; a term that names the kind must agree.
    pub fn filter(alternatives: Vec<Vec<FilterTerm>>) -> Result<Self, InvalidQuery> {
        check_filter(&alternatives, "user").map(|()| Self::Filter(alternatives))
    }

    /// The bytes of everything that it holds.
    pub fn size(&self) -> usize {
        match self {
            Self::Nobody => 0,
            Self::EntityRef(name) => name.as_str().len(),
            Self::Annotations(annotations) => annotations.iter().map(|(key, value)| key.len() + value.len()).sum(),
            Self::Filter(alternatives) => size_of_filter(alternatives),
        }
    }

    /// A short name for the decision record: never a value.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::EntityRef(_) | Self::Nobody => "entity-ref",
            Self::Annotations(_) => "annotations",
            Self::Filter(_) => "filter",
        }
    }
}

/// Whether a filter makes sense that means entities of this kind alone.
pub(super) fn check_filter(alternatives: &[Vec<FilterTerm>], kind: &str) -> Result<(), InvalidQuery> {
    let terms = alternatives.iter().flatten();
    if alternatives.len() + terms.map(|term| term.values.len().max(1)).sum::<usize>() > MAX_CONDITIONS {
        return Err(InvalidQuery::TooLarge);
    }
    for terms in alternatives {
        let incomplete = |term: &FilterTerm| term.key.is_empty() || term.values.is_empty() || term.values.iter().any(String::is_empty);
        if terms.is_empty() || terms.iter().any(incomplete) {
            return Err(InvalidQuery::Empty);
        }
        let kinds = terms.iter().filter(|term| term.key.eq_ignore_ascii_case("kind"));
        if kinds.flat_map(|term| &term.values).any(|named| !named.eq_ignore_ascii_case(kind)) {
            return Err(InvalidQuery::Kind);
        }
        if terms.iter().all(|term| term.key.eq_ignore_ascii_case("kind")) {
            return Err(InvalidQuery::Empty);
        }
    }
    if alternatives.is_empty() { Err(InvalidQuery::Empty) } else { Ok(()) }
}

/// The bytes of all keys and values.
pub(super) fn size_of_filter(alternatives: &[Vec<FilterTerm>]) -> usize {
    let term = |term: &FilterTerm| term.key.len() + term.values.iter().map(String::len).sum::<usize>();
    alternatives.iter().flatten().map(term).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(key: &str, values: &[&str]) -> FilterTerm {
        FilterTerm { key: key.into(), values: values.iter().map(|v| (*v).to_owned()).collect() }
    }

    #[test]
    fn only_users_can_be_looked_up() {
        assert_eq!(UserQuery::entity_ref("group", "default", "admins"), Err(InvalidQuery::Kind));
        assert_eq!(UserQuery::filter(vec![vec![term("kind", &["Group"]), term("metadata.name", &["admins"])]]), Err(InvalidQuery::Kind));
        assert_eq!(UserQuery::filter(vec![vec![term("KIND", &["user", "group"])]]), Err(InvalidQuery::Kind));
        assert!(UserQuery::entity_ref("User", "default", "alice").is_ok());
        assert!(UserQuery::filter(vec![vec![term("Kind", &["User"]), term("spec.profile.email", &["a@x"])]]).is_ok());
    }

    #[test]
    fn a_query_that_would_match_everybody_is_refused() {
        for query in [
            UserQuery::annotations(vec![]),
            UserQuery::annotations(vec![("id".into(), String::new())]),
            UserQuery::filter(vec![]),
            UserQuery::filter(vec![vec![]]),
            UserQuery::filter(vec![vec![term("spec.profile.email", &[])]]),
            UserQuery::filter(vec![vec![term("spec.profile.email", &["a@x"])], vec![term("x", &[""])]]),
            UserQuery::filter(vec![vec![term("kind", &["user"])]]),
        ] {
            assert_eq!(query, Err(InvalidQuery::Empty));
        }
    }

    #[test]
    fn a_query_that_would_keep_the_catalog_busy_is_refused() {
        let values: Vec<_> = (0..MAX_CONDITIONS).map(|n| n.to_string()).collect();
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        assert_eq!(UserQuery::filter(vec![vec![term("x", &values)]]), Err(InvalidQuery::TooLarge));
        assert!(UserQuery::filter(vec![vec![term("x", &values[1..])]]).is_ok());
        assert_eq!(UserQuery::filter(vec![vec![]; MAX_CONDITIONS + 1]), Err(InvalidQuery::TooLarge));
        assert_eq!(UserQuery::annotations(vec![("a".into(), "b".into()); MAX_CONDITIONS + 1]), Err(InvalidQuery::TooLarge));
    }

    #[test]
    fn a_query_is_as_large_as_what_it_holds() {
        assert_eq!(UserQuery::entity_ref("user", "default", "alice").unwrap().size(), "user:default/alice".len());
        assert_eq!(UserQuery::annotations(vec![("ab".into(), "cde".into())]).unwrap().size(), 5);
        assert_eq!(UserQuery::filter(vec![vec![term("ab", &["c", "de"])], vec![term("f", &["g"])]]).unwrap().size(), 7);
    }

    #[test]
    fn a_name_that_no_entity_can_bear_finds_nobody() {
        assert_eq!(UserQuery::entity_ref("user", "default", "user:default/alice"), Ok(UserQuery::Nobody));
        assert_eq!(UserQuery::entity_ref("user", "default", ""), Ok(UserQuery::Nobody));
    }
}
