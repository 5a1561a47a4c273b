//! Who verifies other people's tokens, and where they stand.

use std::sync::Arc;

use http::HeaderName;

use crate::{
    config::{Config, ConfigErrors, IdTokenTrust},
    oidc::TokenVerifier,
    ports::clock::Clock,
};

use super::Wired;

/// The verifier of `stagedoor.tokens`; it fetches nothing before a token comes.
pub(super) fn wire_tokens(config: &Config, clock: &Arc<dyn Clock>) -> Result<Arc<TokenVerifier>, ConfigErrors> {
    TokenVerifier::new(&config.stagedoor.tokens, clock).map(Arc::new)
}

/// The headers that hold tokens.
pub(super) fn token_headers(config: &Config) -> impl Iterator<Item = HeaderName> {
    config.stagedoor.tokens.values().map(|token| token.header.clone())
}

impl Wired {
    /// Whether nobody signs in without an ID token. A developer has no proxy that could bring one.
    pub(super) fn id_token_required(&self) -> bool {
        self.developer.is_none() && self.config.stagedoor.trust.id_token == IdTokenTrust::Required
    }

    /// Whose keys cannot be had just now: one line a token.
    pub async fn probe_tokens(&self) -> Vec<String> {
        let failed = self.tokens.probe().await.into_iter();
        failed
            .map(|(token, why)| format!("stagedoor.tokens.{token}: {why}; who brings this token cannot sign in until its keys can be had"))
            .collect()
    }
}
