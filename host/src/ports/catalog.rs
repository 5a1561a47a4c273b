//! Users of the catalog.

use std::sync::Arc;

use crate::domain::{query::UserQuery, upstream::UpstreamError, user::User};

use super::BoxFuture;

/// Looks up users. Reading signs nobody in.
pub trait Catalog: Send + Sync {
    /// The one user that matches; `None` for nobody.
    ///
    /// An adapter returns only what the query asked for: an entity of kind User, with the ref or the exact annotations of the query.
    fn find_user<'a>(&'a self, query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>>;
}

/// Why a look-up gave no answer. Never "nobody": that is a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// Several users match; none of them is chosen.
    #[error("User lookup resulted in multiple matches")]
    Conflict,
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
            Self::Conflict | Self::Senseless(_) => false,
        }
    }
}
