//! How many sign-ins may run at once.

use std::any::Any;

use crate::domain::error::SignInError;

use super::BoxFuture;

/// The right to run one sign-in; given back when dropped.
pub struct Permit {
    _held: Box<dyn Any + Send>,
}

impl Permit {
    /// Wraps whatever the adapter wants dropped at the end of the sign-in.
    pub fn new(held: impl Any + Send) -> Self {
        Self { _held: Box::new(held) }
    }
}

/// Hands out permits.
pub trait Permits: Send + Sync {
    /// One that is free right now.
    fn try_acquire(&self) -> Option<Permit>;

    /// Waits for one; `overloaded` when that takes too long.
    fn acquire(&self) -> BoxFuture<'_, Result<Permit, SignInError>>;
}
