//! How a resolver says which groups it looks for. The kind is not its to choose.

use super::query::{FilterTerm, InvalidQuery, MAX_CONDITIONS, check_filter, size_of_filter};

/// The most groups that one filter may find. What is more is an error, never cut off.
pub const MAX_GROUPS: usize = 100;

/// Or of ands: at least one condition beside the kind in each alternative.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupFilter(Vec<Vec<FilterTerm>>);

/// Why a filter cannot be asked: Backstage's `InputError`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGroupFilter {
    /// It has no condition, or a condition without a value: it would match every group.
    #[error("Invalid filter for groups")]
    Empty,
    /// It names another kind than group.
    #[error("Invalid filter for groups: only entities of kind group can be looked up")]
    Kind,
    /// It has more than [`MAX_CONDITIONS`] alternatives, terms and values.
    #[error("Invalid filter for groups: it has more than {MAX_CONDITIONS} conditions")]
    TooLarge,
}

impl GroupFilter {
    /// Looks for the groups that one of the alternatives describes. A term that names the kind must say group.
    pub fn new(alternatives: Vec<Vec<FilterTerm>>) -> Result<Self, InvalidGroupFilter> {
        match check_filter(&alternatives, "group") {
            Ok(()) => Ok(Self(alternatives)),
            Err(InvalidQuery::Empty) => Err(InvalidGroupFilter::Empty),
            Err(InvalidQuery::Kind) => Err(InvalidGroupFilter::Kind),
            Err(InvalidQuery::TooLarge) => Err(InvalidGroupFilter::TooLarge),
        }
    }

    /// The alternatives.
    pub fn alternatives(&self) -> &[Vec<FilterTerm>] {
        &self.0
    }

    /// The bytes of everything that it holds.
    pub fn size(&self) -> usize {
        size_of_filter(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(terms: &[(&str, &[&str])]) -> Result<GroupFilter, InvalidGroupFilter> {
        let term = |(key, values): &(&str, &[&str])| FilterTerm { key: (*key).into(), values: values.iter().map(|value| (*value).into()).collect() };
        GroupFilter::new(vec![terms.iter().map(term).collect()])
    }

    #[test]
    fn only_groups_can_be_looked_for() {
        assert!(filter(&[("Kind", &["Group"]), ("spec.type", &["team"])]).is_ok());
        for kind in ["user", "User", "group:x", "gro\u{212A}up", "groups"] {
            assert_eq!(filter(&[("kind", &["group", kind]), ("spec.type", &["team"])]), Err(InvalidGroupFilter::Kind), "{kind}");
        }
    }

    #[test]
    fn a_filter_that_would_match_every_group_is_refused() {
        assert_eq!(GroupFilter::new(vec![]), Err(InvalidGroupFilter::Empty));
        for terms in [&[][..], &[("kind", &["group"][..])], &[("spec.type", &[])], &[("", &["x"])], &[("spec.type", &["team", ""])]] {
            assert_eq!(filter(terms), Err(InvalidGroupFilter::Empty), "{terms:?}");
        }
        assert_eq!(filter(&[("spec.type", &["x"; MAX_CONDITIONS])]), Err(InvalidGroupFilter::TooLarge));
    }
}
