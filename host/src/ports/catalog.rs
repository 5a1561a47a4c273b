//! Users and groups of the catalog.

use std::sync::Arc;

use crate::domain::{
    entity_ref::EntityRef,
    group::Group,
    group_filter::{GroupFilter, MAX_GROUPS},
    query::UserQuery,
    upstream::UpstreamError,
    user::User,
};

use super::BoxFuture;

/// Looks up users and groups. Reading signs nobody in.
pub trait Catalog: Send + Sync {
    /// The one user that matches; `None` for nobody.
    ///
    /// An adapter returns only what the query asked for: an entity of kind User, with the ref or the exact annotations of the query.
    fn find_user<'a>(&'a self, query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>>;

    /// The groups with these refs, at most [`MAX_GROUPS`] of kind group: in their order and of their number, `None` for one that the catalog does not
    /// have. One question to the catalog at most; none for no refs.
    ///
    /// An adapter returns only entities of kind Group, each with the ref that was asked for at its place.
    fn groups<'a>(&'a self, refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>>;

    /// The groups that the filter describes, by their refs, each once. More than [`MAX_GROUPS`] are [`CatalogError::TooMany`].
    ///
    /// An adapter returns only entities of kind Group for which the filter holds.
    fn find_groups<'a>(&'a self, filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>>;
}

/// Why a look-up gave no answer. Never "nobody": that is a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// Several users match; none of them is chosen.
    #[error("User lookup resulted in multiple matches")]
    Conflict,
    /// More groups match than one answer may hold; none of them is left out in silence.
    #[error("More than {MAX_GROUPS} groups match")]
    TooMany,
    /// The catalog could not be asked, or did not answer.
    #[error("the catalog could not be asked: {0}")]
    Unavailable(String),
    /// The catalog was asked and refused, or failed: its own error.
    #[error("the catalog answered with an error: {0}")]
    Answered(Arc<UpstreamError>),
    /// The catalog gave an answer that makes no sense, or is about somebody who was not asked for.
    #[error("the answer of the catalog makes no sense: {0}")]
    Senseless(String),
}

impl CatalogError {
    /// Whether the catalog itself failed, so that what it said before may still be true: nobody answered, or with a status of 500 and above.
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unavailable(_) => true,
            Self::Answered(error) => error.status >= 500,
            Self::Conflict | Self::TooMany | Self::Senseless(_) => false,
        }
    }
}
