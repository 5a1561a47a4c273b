//! Our own tokens: issued, verified, and their keys.

mod compact;
pub mod fixed;
pub mod issuer;
mod key;
pub mod keys;
mod public_key;
mod published;
mod ring;
pub mod service_token;
mod spki;
#[cfg(test)]
mod testing;
pub mod user_info;
mod verifier;
