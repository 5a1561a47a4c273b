//! Tokens by OAuth's client credentials (RFC 6749, 4.4), fetched by the host and kept until shortly before they expire.
//!
//! However many sign-ins need one at once, one request fetches it; a failure is kept for a moment, so that they do not queue up for the next.

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{
    HeaderMap, HeaderValue, Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::Value;
use tokio::sync::Mutex;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::{
    config::ClientCredentialsConfig,
    domain::outbound_url::OutboundUrl,
    ports::{clock::Clock, http_client::OutboundRequest},
};

use super::{answer, component::Sender};

/// Bytes of the answer.
const MAX_BODY: usize = 64 * 1024;

/// How long before it expires a token is renewed.
const EARLY: Duration = Duration::from_secs(30);

/// How long a token lasts that does not say so.
const UNSAID: Duration = Duration::from_mins(5);

/// How long any token is kept, whatever it says.
const LONGEST: Duration = Duration::from_hours(24);

/// How long a failure is told again before the next try.
const FAILED: Duration = Duration::from_secs(1);

/// A token that is fetched when it is needed.
pub(super) struct ClientCredentials {
    token_url: OutboundUrl,
    authorization: HeaderValue,
    form: String,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Kept>>,
}

/// What came of the last request.
struct Kept {
    result: Result<String, String>,
    since: Duration,
    until: Duration,
}

/// Secrets are not shown.
impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials").field("token_url", &self.token_url.place()).finish_non_exhaustive()
    }
}

impl ClientCredentials {
    /// A client of that token endpoint. The error says what no header can carry.
    pub(super) fn new(config: &ClientCredentialsConfig, clock: Arc<dyn Clock>) -> Result<Self, String> {
        // Both are encoded as in a form before they become Basic's (RFC 6749, 2.3.1).
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let pair = format!("{}:{}", encoded(&config.client_id), encoded(config.client_secret.expose()));
        let mut authorization = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).map_err(|error| error.to_string())?;
        authorization.set_sensitive(true);
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if let Some(scope) = &config.scope {
            form.append_pair("scope", scope);
        }
        Ok(Self { token_url: config.token_url.clone(), authorization, form: form.finish(), clock, kept: Mutex::default() })
    }

    /// The token, fetched if there is none that lasts. The error holds nothing of it.
    pub(super) async fn token(&self, sender: &Sender) -> Result<String, String> {
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        if let Some(kept) = kept.as_ref().filter(|kept| now < kept.until) {
            return kept.result.clone();
        }
        let fetched = self.fetch(sender).await;
        let (result, lasts) = match fetched {
            Ok((token, lasts)) => (Ok(token), lasts.min(LONGEST).saturating_sub(EARLY)),
            Err(why) => (Err(format!("no token from {}: {why}", self.token_url.place())), FAILED),
        };
        *kept = Some(Kept { result: result.clone(), since: now, until: now.saturating_add(lasts) });
        result
    }

    /// Forgets a token that was refused, unless it has only just been fetched: then another one would be refused as well.
    pub(super) async fn refused(&self) {
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        if kept.as_ref().is_some_and(|kept| kept.since.saturating_add(EARLY) <= now) {
            *kept = None;
        }
    }

    async fn fetch(&self, sender: &Sender) -> Result<(String, Duration), String> {
        let headers = HeaderMap::from_iter([
            (ACCEPT, HeaderValue::from_static("application/json")),
            (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")),
        ]);
        let body = Some(self.form.clone().into_bytes());
        let request = OutboundRequest { method: Method::POST, url: self.token_url.clone(), headers, body, credential: None };
        let response = sender.send(&request, Some((&AUTHORIZATION, &self.authorization))).await.map_err(|error| error.to_string())?;
        let answer = answer::read(response, MAX_BODY, None).await.map_err(|error| error.to_string())?;
        let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let text = |key: &str| said.get(key).and_then(Value::as_str);
        if answer.status != 200 {
            // RFC 6749, 5.2; any other text could repeat what was sent.
            let is_code = |code: &&str| code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            let code = text("error").filter(is_code).map(|code| format!(", {code}"));
            return Err(format!("the status is {}{}", answer.status, code.unwrap_or_default()));
        }
        if !text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
            return Err("it is no bearer token".into());
        }
        let token = text("access_token").filter(|token| is_token(token)).ok_or("there is no token in the answer")?;
        let seconds = said.get("expires_in").and_then(|seconds| seconds.as_u64().or_else(|| seconds.as_str()?.parse().ok()));
        Ok((token.to_owned(), seconds.map_or(UNSAID, Duration::from_secs)))
    }
}

/// What can stand after `Bearer`.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
