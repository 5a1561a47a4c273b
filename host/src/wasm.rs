//! Sign-in components in WebAssembly: the only module that knows wasmtime.
//!
//! What it guarantees: each call runs in an instance of its own that nobody used before and nobody will use after; it sees the request's clean
//! headers, the catalog and its settings, and nothing else unless a power was granted; it ends by the deadline of the sign-in; and whatever it does, the worst outcome is
//! that this one sign-in fails with a stable error.

mod bindings;
mod blame;
mod call;
pub mod compile;
pub mod component;
pub mod engine;
mod host_functions;
mod nowhere;
pub mod permit;
mod powers;
mod revealed;
mod store;
mod wasi;

pub use call::{ComponentOwnership, ComponentProfile, ComponentResolver, Loaded, ReadyComponent};
