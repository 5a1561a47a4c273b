//! Other people's tokens: who wrote one, for whom, until when, and whether it says the same as the proxy.
//!
//! A token is believed for what its configuration states and for nothing that it says about itself: neither a key nor an algorithm nor a place to fetch
//! one is taken out of it. Keys are a live source, fetched when they are first needed.

mod compact;
mod discovery;
mod fault;
mod key;
mod key_set;
mod rules;
mod verifier;

pub use self::verifier::TokenVerifier;
