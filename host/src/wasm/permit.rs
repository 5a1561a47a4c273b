//! Permits in front of the pool: as many sign-ins at once as `stagedoor.limits.concurrency`, others wait for a while, then are told to come back.
//!
//! One permit covers a whole sign-in, so no step of it waits for a slot that the sign-in itself holds.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    config::LimitsConfig,
    domain::error::{Blame, ErrorCode, ErrorName, SignInError},
    ports::{
        BoxFuture,
        permits::{Permit, Permits},
    },
};

/// Permits out of a semaphore.
#[derive(Debug)]
pub struct SignInPermits {
    semaphore: Arc<Semaphore>,
    queue_timeout: Duration,
}

impl SignInPermits {
    /// As many as the limits say.
    pub fn new(limits: &LimitsConfig) -> Self {
        Self { semaphore: Arc::new(Semaphore::new(limits.concurrency)), queue_timeout: limits.queue_timeout }
    }
}

impl Permits for SignInPermits {
    fn try_acquire(&self) -> Option<Permit> {
        Arc::clone(&self.semaphore).try_acquire_owned().ok().map(held)
    }

    fn acquire(&self) -> BoxFuture<'_, Result<Permit, SignInError>> {
        Box::pin(async {
            match tokio::time::timeout(self.queue_timeout, Arc::clone(&self.semaphore).acquire_owned()).await {
                Ok(Ok(permit)) => Ok(held(permit)),
                Ok(Err(_)) | Err(_) => Err(overloaded(self.queue_timeout)),
            }
        })
    }
}

fn held(permit: OwnedSemaphorePermit) -> Permit {
    Permit::new(permit)
}

fn overloaded(waited: Duration) -> SignInError {
    let error = SignInError::own(ErrorName::ServiceUnavailable, ErrorCode::Overloaded, Blame::Host, "Too many sign-ins at once, please try again");
    SignInError { retryable: true, ..error }.because(format!("no permit became free within {waited:?} (stagedoor.limits.concurrency, queueTimeout)"))
}
