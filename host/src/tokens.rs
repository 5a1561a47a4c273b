//! Our own tokens: issued, verified, and their keys.

pub mod issuer;
mod key;
mod ring;
pub mod user_info;
mod verifier;
