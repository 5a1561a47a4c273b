//! What the use cases need from the world, one trait a file. Adapters implement them; only `serve.rs` knows which one runs.
//!
//! To add an adapter: a module of its own that implements the trait, and one `wire_…` function in `serve.rs`.

pub mod catalog;
pub mod claims_verifier;
pub mod clock;
pub mod component_ports;
pub mod decision_log;
pub mod http_client;
pub mod key_store;
pub mod names;
pub mod ownership_resolver;
pub mod permits;
pub mod profile_transform;
pub mod proxy_authenticator;
pub mod random;
pub mod resolver;
pub mod service_tokens;
pub mod tables;
pub mod token_issuer;
pub mod user_info_store;

use std::{future::Future, pin::Pin};

/// A boxed future: what an object-safe port returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
