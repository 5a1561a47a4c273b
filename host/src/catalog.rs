//! Where users come from: adapters of the port `ports::catalog::Catalog`, and what they have in common.

pub mod backstage;
pub mod cache;
pub mod file;
mod search;
