//! Other people's tokens, seen from outside: which ones count, which keys they are checked with, and what a resolver is told.
//!
//! Every token here is signed by a key of the test and checked by the real router, with keys from a server that answers as the test wishes.

mod attacks;
mod files;
mod keys;
mod powers;
mod rules;

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::{Value, json};
use stagedoor_tests::{
    Answer, App,
    guests::{Chain, Record},
    issuer::{Key, key_set},
    stub::{Reply, Stub},
};

const ISSUER: &str = "https://idp.example/realms/corp";
const ALICE: (&str, &str) = ("x-forwarded-user", "alice");

/// The header of the token `id` in most of these tests: of its own, since Backstage has its say about the usual one.
const HEADER: &str = "x-corp-id";

/// Making a key takes its time.
static RSA: LazyLock<Key> = LazyLock::new(|| Key::new("rsa-1", "RS256"));
static EC: LazyLock<Key> = LazyLock::new(|| Key::new("ec-1", "ES256"));

/// A server of keys.
struct Idp {
    server: Stub,
    reply: Arc<Mutex<Reply>>,
}

impl Idp {
    /// It answers every question alike.
    fn answering(reply: Reply) -> Self {
        let reply = Arc::new(Mutex::new(reply));
        let answer = Arc::clone(&reply);
        let server = Stub::start(move |_| answer.lock().unwrap_or_else(PoisonError::into_inner).clone());
        Self { server, reply }
    }

    /// It has these keys.
    fn with(keys: &[&Key]) -> Self {
        Self::answering(Reply::Json(200, key_set(keys)))
    }

    /// From now on it answers this.
    fn answer(&self, reply: Reply) {
        *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = reply;
    }

    fn url(&self) -> String {
        format!("http://{}/keys", self.server.address)
    }

    /// A token that is checked with its keys.
    fn token(&self) -> Value {
        json!({
            "header": HEADER, "issuer": ISSUER, "audience": "portal", "jwks": self.url(), "algorithms": ["RS256", "ES256"], "expiry": "required",
        })
    }
}

/// The same with another value of this key; null takes it away.
fn with(mut token: Value, key: &str, value: Value) -> Value {
    let members = token.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(key)
    } else {
        members.insert(key.to_owned(), value)
    };
    token
}

/// A door that verifies this ID token, and whose resolver shows its claims.
fn chain(token: &Value) -> Chain {
    Chain::of("id_token_claims").section("tokens", json!({ "id": token }))
}

/// What a good token says.
fn claims(app: &App) -> Value {
    let now = now(app);
    json!({ "iss": ISSUER, "aud": "portal", "sub": "A-1", "email": "alice@corp.example", "iat": now, "exp": now + 600 })
}

fn now(app: &App) -> u64 {
    use stagedoor::ports::clock::Clock;
    app.clock.now().as_secs()
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

async fn sign_in(app: &App, token: &str) -> Answer {
    app.refresh(&[ALICE, (HEADER, &bearer(token))]).await
}

/// The claims that the resolver was told.
fn told(answer: &Answer) -> Option<Value> {
    assert_eq!(answer.user().as_deref(), Some("user:default/alice"), "{answer:?}");
    answer.json()["profile"]["displayName"].as_str().map(|text| serde_json::from_str(text).unwrap())
}

/// Status, name, message.
fn refused(answer: &Answer) -> (u16, String, String) {
    assert!(answer.user().is_none() && answer.token().is_none(), "{answer:?}");
    let message = answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), answer.error().unwrap_or_default(), message)
}

/// Asserts that the token did not count, that no resolver was asked, and why; and gives the cause.
fn assert_invalid(answer: &Answer, record: &Record, why: &str, what: &str) {
    assert_eq!(refused(answer), (401, "AuthenticationError".into(), "The token id is not valid".into()), "{what}");
    let cause = record.cause.as_deref().unwrap_or_default();
    assert!(cause.starts_with("stagedoor.tokens.id: ") && cause.contains(why), "{what}: {cause}");
    assert_eq!((record.attempts.len(), record.blame), (0, Some("client")), "{what}: no resolver was asked");
}

/// Asserts that it could not be found out whether the token counts, and why.
fn assert_unknown(answer: &Answer, record: &Record, why: &str) {
    assert_eq!(refused(answer), (503, "ServiceUnavailableError".into(), "The token id could not be verified".into()), "{why}: {record:?}");
    let cause = record.cause.as_deref().unwrap_or_default();
    assert!(cause.contains(why) && record.blame == Some("upstream") && record.attempts.is_empty(), "{why}: {record:?}");
}
