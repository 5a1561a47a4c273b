//! The door: who may speak for users, and what of their words is clean.

pub mod developer;
mod headers;
pub mod trust;
