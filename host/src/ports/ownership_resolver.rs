//! What a catalog user owns, where a component decides it.

use std::sync::Arc;

use crate::domain::{decision::Attempt, entity_ref::EntityRef, error::SignInError, grant::Grants, user::User};

use super::{BoxFuture, resolver::SignInRequest};

/// The refs, or why not, and what was done on the way there.
#[derive(Debug)]
pub struct ResolvedOwnership {
    /// The refs in order; an error ends the sign-in.
    pub result: Result<Vec<EntityRef>, SignInError>,
    /// For the decision record.
    pub attempt: Attempt,
}

/// Runs after a resolver has chosen a user of the catalog.
pub trait OwnershipResolver: Send + Sync {
    /// What it may do.
    fn grants(&self) -> &Grants;

    /// What the user owns. Never panics, never outlives the deadline of the request.
    fn resolve_ownership<'a>(&'a self, request: &'a Arc<SignInRequest>, user: &'a Arc<User>) -> BoxFuture<'a, ResolvedOwnership>;
}
