//! What the page shows about a person, where a component decides it.

use std::sync::Arc;

use crate::domain::{decision::Attempt, error::SignInError, grant::Grants, profile::Profile};

use super::{BoxFuture, resolver::SignInRequest};

/// The profile, or why not, and what was done on the way there.
#[derive(Debug)]
pub struct TransformedProfile {
    /// The profile; an error ends the sign-in.
    pub result: Result<Profile, SignInError>,
    /// For the decision record.
    pub attempt: Attempt,
}

/// Runs before the resolvers.
pub trait ProfileTransform: Send + Sync {
    /// What it may do.
    fn grants(&self) -> &Grants;

    /// What the page shows. Never panics, never outlives the deadline of the request.
    fn transform<'a>(&'a self, request: &'a Arc<SignInRequest>) -> BoxFuture<'a, TransformedProfile>;
}
