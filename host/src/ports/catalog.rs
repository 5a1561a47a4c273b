//! Users of the catalog.

use std::sync::Arc;

use crate::domain::{query::UserQuery, user::User};

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
    /// The catalog could not be asked, or gave an answer that makes no sense.
    #[error("the catalog could not be asked: {0}")]
    Unavailable(String),
}
