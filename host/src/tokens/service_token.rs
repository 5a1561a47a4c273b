//! Backstage's plugin-to-plugin tokens: `{sub: "auth", aud, iat, exp}` under keys of their own.
//!
//! Source: `PluginTokenHandler` of Backstage. Where that signs a token for each call, here a token is used until it is about to expire.

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::Serialize;
use tokio::sync::Mutex;

use crate::ports::{
    BoxFuture,
    clock::Clock,
    service_tokens::{ServiceTokenError, ServiceTokens},
};

use super::{
    compact::{Header, compact},
    keys::TokenKeys,
};

/// The `typ` of a service token.
pub(super) const PLUGIN_TYPE: &str = "vnd.backstage.plugin";
/// The plugin that we are.
const SUBJECT: &str = "auth";
/// How long a token lives and a key signs, in seconds.
pub const LIFETIME: u64 = 3600;
/// A token that lives for less is not used any more, in seconds: it has to arrive, and clocks differ.
const MARGIN: u64 = 300;

/// Member order as Backstage has it.
#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
}

struct Issued {
    audience: String,
    token: Arc<str>,
    expires_at: u64,
}

/// Tokens by audience. Audiences are plugins that this server asks, so there are few.
pub struct PluginTokens {
    keys: TokenKeys,
    clock: Arc<dyn Clock>,
    issued: ArcSwap<Vec<Arc<Issued>>>,
    issuing: Mutex<()>,
}

impl PluginTokens {
    /// Tokens under these keys.
    pub fn new(keys: TokenKeys, clock: Arc<dyn Clock>) -> Self {
        Self { keys, clock, issued: ArcSwap::default(), issuing: Mutex::default() }
    }

    async fn fresh(&self, audience: &str) -> Result<Arc<str>, ServiceTokenError> {
        let now = self.clock.now_seconds();
        if let Some(token) = self.known(audience, now) {
            return Ok(token);
        }
        let _one_at_a_time = self.issuing.lock().await;
        if let Some(token) = self.known(audience, now) {
            return Ok(token);
        }
        let failed = |error: super::key::KeyError| ServiceTokenError(error.to_string());
        let key = self.keys.signing_key(now).await.map_err(failed)?;
        let expires_at = now + LIFETIME;
        let header = Header { typ: PLUGIN_TYPE, alg: key.alg(), kid: key.kid() };
        let mut token = compact(&header, &Claims { sub: SUBJECT, aud: audience, iat: now, exp: expires_at });
        let signature = key.sign(token.as_bytes()).map_err(failed)?;
        token.push('.');
        token.push_str(&signature);
        let token: Arc<str> = token.into();
        let others = self.issued.load();
        let others = others.iter().filter(|issued| issued.audience != audience).cloned();
        let new = Arc::new(Issued { audience: audience.to_owned(), token: Arc::clone(&token), expires_at });
        self.issued.store(Arc::new(others.chain([new]).collect()));
        Ok(token)
    }

    /// A token of before that is good for a while. One that was issued in the future, before the clock was set back, is none.
    fn known(&self, audience: &str, now: u64) -> Option<Arc<str>> {
        let good = |issued: &&Arc<Issued>| (MARGIN..=LIFETIME).contains(&issued.expires_at.saturating_sub(now));
        self.issued.load().iter().find(|issued| issued.audience == audience).filter(good).map(|issued| Arc::clone(&issued.token))
    }
}

impl ServiceTokens for PluginTokens {
    fn token<'a>(&'a self, audience: &'a str) -> BoxFuture<'a, Result<Arc<str>, ServiceTokenError>> {
        Box::pin(self.fresh(audience))
    }

    fn key_set(&self) -> BoxFuture<'_, String> {
        Box::pin(self.keys.key_set())
    }
}

#[cfg(test)]
mod tests;
