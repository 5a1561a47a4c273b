//! What runs: one immutable generation of resolvers, and how it is made.

pub mod snapshot;
pub mod stage;
