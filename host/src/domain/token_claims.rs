//! What somebody else's token says: one JSON object, read strictly and written anew.

use std::sync::Arc;

/// Claims of a token as JSON: no member twice, no number that a double cannot hold. Its `Debug` shows nothing of them.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenClaims(Arc<str>);

impl TokenClaims {
    /// Claims that were written anew.
    pub fn written(json: impl Into<Arc<str>>) -> Self {
        Self(json.into())
    }

    /// As JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for TokenClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenClaims(…)")
    }
}
