//! The door: who may speak for users, and what of their words is clean.

pub mod developer;
mod forwarded_for;
mod headers;
mod shared_secret;
pub mod trust;
