//! What of an answer is compared, with everything taken out that differs from run to run: times, key ids, signatures, the address of the server.
//!
//! The rules are those of the reference's `replay.mjs`, which wrote the recorded answers.

use std::collections::{BTreeMap, HashMap};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::{tokens::segment, wire::WireAnswer};

/// Helmet's headers: both sides count them, the host's own tests hold their values.
const SECURITY: [&str; 9] = [
    "content-security-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-dns-prefetch-control",
    "x-download-options",
    "x-frame-options",
    "x-permitted-cross-domain-policies",
    "x-xss-protection",
];

/// Not compared: the connection's own, what follows from the body, and `etag`, which comes later.
const TRANSPORT: [&str; 6] = ["connection", "content-length", "date", "etag", "keep-alive", "transfer-encoding"];

/// The origin that the server has in its configuration.
pub(crate) const ORIGIN: &str = "http://127.0.0.1:7007";

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    /// The status.
    pub(crate) status: u16,
    /// How many of helmet's headers there are.
    pub(crate) security_headers: usize,
    /// All other headers but those of the transport.
    pub(crate) headers: BTreeMap<String, String>,
    /// JSON, tokens decoded, or else text.
    pub(crate) body: Value,
}

impl Seen {
    /// Backstage's answer, a line of `golden/*.jsonl`.
    pub(crate) fn recorded(line: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let headers = line["headers"].as_object().into_iter().flatten().filter(|(name, _)| !TRANSPORT.contains(&name.as_str()));
        Self {
            status: line["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status"),
            security_headers: line["securityHeaders"].as_u64().and_then(|count| usize::try_from(count).ok()).expect("a count"),
            headers: headers.map(|(name, value)| (name.clone(), text(value))).collect(),
            body: line["body"].clone(),
        }
    }

    /// Our answer.
    pub(crate) fn answered(answer: &WireAnswer, kids: &mut Kids) -> Self {
        let text = String::from_utf8_lossy(&answer.body);
        let body = match serde_json::from_str(&text) {
            Ok(value) => kids.value(None, &value),
            Err(_) => without_origin(&text),
        };
        let (security, others): (Vec<_>, Vec<_>) = answer.headers.iter().cloned().partition(|(name, _)| SECURITY.contains(&name.as_str()));
        let headers = others.into_iter().filter(|(name, _)| !TRANSPORT.contains(&name.as_str())).collect();
        Self { status: answer.status, security_headers: security.len(), headers, body }
    }

    /// The answer in one line: who was signed in, or why not.
    pub(crate) fn summary(&self) -> String {
        let at = |pointer| self.body.pointer(pointer).and_then(Value::as_str);
        let error = |name| {
            let code = at("/error/code").map_or(String::new(), |code| format!(" [{code}]"));
            format!("{} {name}{code}: {}", self.status, at("/error/message").unwrap_or_default())
        };
        match (at("/backstageIdentity/identity/userEntityRef"), at("/error/name")) {
            (Some(user), _) => format!("{} signed in as {user}", self.status),
            (None, Some(name)) => error(name),
            (None, None) => self.status.to_string(),
        }
    }
}

/// Key ids by the order in which they were seen.
#[derive(Default)]
pub(crate) struct Kids(HashMap<String, usize>);

impl Kids {
    fn value(&mut self, key: Option<&str>, value: &Value) -> Value {
        match (key, value) {
            (_, Value::Array(items)) if items.len() > 40 => json!({ "$len": items.len(), "first": self.value(None, &items[0]) }),
            (_, Value::Array(items)) => items.iter().map(|item| self.value(None, item)).collect(),
            (_, Value::Object(members)) => {
                members.iter().map(|(key, value)| (key.clone(), self.value(Some(key), value))).collect::<Map<_, _>>().into()
            }
            (Some("expiresInSeconds"), Value::Number(seconds)) => ((seconds.as_u64().unwrap_or_default() + 5) / 10 * 10).into(),
            (Some("kid"), Value::String(kid)) => self.kid(kid).into(),
            (Some("x" | "y" | "n"), Value::String(coordinate)) if coordinate.len() > 20 => format!("<{}B>", decoded_length(coordinate)).into(),
            (_, Value::String(text)) => self.token(text).unwrap_or_else(|| without_origin(text)),
            (_, other) => other.clone(),
        }
    }

    fn kid(&mut self, kid: &str) -> String {
        let next = self.0.len() + 1;
        format!("<kid{}>", self.0.entry(kid.to_owned()).or_insert(next))
    }

    /// A token, decoded, with the order of its claims.
    fn token(&mut self, text: &str) -> Option<Value> {
        if text.len() <= 60 || text.split('.').count() != 3 {
            return None;
        }
        let (header_text, claims_text) = (segment(text, 0)?, segment(text, 1)?);
        let mut header: Map<String, Value> = serde_json::from_str(&header_text).ok()?;
        let mut claims: Map<String, Value> = serde_json::from_str(&claims_text).ok()?;
        header.get("alg")?;
        let mut order: Vec<_> = claims.keys().cloned().collect();
        order.sort_by_key(|key| claims_text.find(&format!("\"{key}\":")));
        if let Some(kid) = header.get("kid").and_then(Value::as_str) {
            header.insert("kid".into(), self.kid(kid).into());
        }
        if let (Some(iat), Some(exp)) = (claims.get("iat").and_then(Value::as_u64), claims.get("exp").and_then(Value::as_u64)) {
            claims.retain(|key, _| key != "iat" && key != "exp");
            claims.insert("exp-iat".into(), (exp - iat).into());
        }
        if let Some(proof) = claims.get("uip").and_then(Value::as_str) {
            claims.insert("uip".into(), format!("<sig:{}B>", decoded_length(proof)).into());
        }
        let signature = decoded_length(text.rsplit('.').next().unwrap_or_default());
        let payload = self.value(None, &Value::Object(claims));
        Some(json!({ "$jwt": { "header": header, "claimOrder": order.join(","), "payload": payload, "sigBytes": signature } }))
    }
}

fn without_origin(text: &str) -> Value {
    text.replace(ORIGIN, "<base>").into()
}

fn decoded_length(base64url: &str) -> usize {
    URL_SAFE_NO_PAD.decode(base64url).map_or(0, |bytes| bytes.len())
}
