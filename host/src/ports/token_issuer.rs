//! Backstage's identity tokens: issuing, verifying, publishing keys.

use crate::domain::{entity_ref::EntityRef, error::SignInError};

/// A token as it goes out.
#[derive(Debug)]
pub struct IssuedToken {
    /// The compact JWT.
    pub token: String,
    /// Seconds until it expires.
    pub expires_in: u64,
}

/// Issues tokens that Backstage's backends accept.
pub trait TokenIssuer: Send + Sync {
    /// A token about this user, with the proof (`uip`) by which a holder makes a limited one.
    fn issue(&self, user: &EntityRef, ownership: &[EntityRef]) -> Result<IssuedToken, SignInError>;

    /// The public keys as the JSON of a key set.
    fn key_set(&self) -> String;

    /// Checks one of our own tokens, full or limited, and gives its `sub`.
    fn verify(&self, token: &str) -> Result<String, TokenRefused>;
}

/// Why a token was not accepted; the texts are Backstage's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// No kind of token that is known here.
    #[error("Illegal token")]
    Illegal,
    /// A user token that is not ours, not valid any more, or tampered with.
    #[error("Failed user token verification")]
    Verification,
    /// A service token whose subject is no plugin.
    #[error("Invalid plugin token: forbidden subject format")]
    PluginSubject,
}
