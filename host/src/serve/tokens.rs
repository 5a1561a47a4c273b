//! Who verifies other people's tokens, and where they stand.

use std::sync::Arc;

use http::HeaderName;

use crate::{
    config::{Config, IdTokenTrust},
    oidc::{TokenError, TokenVerifier},
    ports::clock::Clock,
};

/// The verifier of `stagedoor.tokens`; it fetches nothing before a token comes.
pub(super) fn wire_tokens(config: &Config, clock: &Arc<dyn Clock>) -> Result<Arc<TokenVerifier>, TokenError> {
    TokenVerifier::new(&config.stagedoor.tokens, clock).map(Arc::new)
}

/// The headers that hold tokens.
pub(super) fn token_headers(config: &Config) -> impl Iterator<Item = HeaderName> {
    config.stagedoor.tokens.values().map(|token| token.header.clone())
}

/// Whether nobody signs in without an ID token.
pub(super) fn id_token_required(config: &Config) -> bool {
    config.stagedoor.trust.id_token == IdTokenTrust::Required
}
