//! What of an answer is compared, with everything taken out that differs from run to run: times, key ids, signatures, the address of the server.
//!
//! Recorded and live answers come through here, Backstage's and ours.

use std::collections::{BTreeMap, HashMap};

use aws_lc_rs::digest;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value, json};

use crate::{config::ORIGIN, members::members, tokens::segment, wire::WireAnswer};

/// Helmet's headers with their usual values. One that has it is counted, another is compared like any header.
const SECURITY: [(&str, &str); 9] = [
    (
        "content-security-policy",
        "default-src 'self';base-uri 'self';font-src 'self' https: data:;frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self' 'unsafe-eval';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests;connect-src 'self' http: https:",
    ),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=15552000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-dns-prefetch-control", "off"),
    ("x-download-options", "noopen"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-permitted-cross-domain-policies", "none"),
    ("x-xss-protection", "0"),
];

/// The connection's own.
const CONNECTION: [&str; 3] = ["connection", "date", "keep-alive"];

/// What is compared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    /// The status.
    pub(crate) status: u16,
    /// How many of helmet's headers have their usual value.
    pub(crate) security_headers: u64,
    /// All other headers but those of the connection.
    pub(crate) headers: BTreeMap<String, String>,
    /// JSON, tokens decoded, or else text.
    pub(crate) body: Value,
    /// The names in that JSON, in their order.
    pub(crate) members: String,
}

impl Seen {
    /// Backstage's answer, a line of `golden/*.jsonl`.
    pub(crate) fn recorded(line: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Self {
            status: line["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status"),
            security_headers: line["securityHeaders"].as_u64().expect("a count"),
            headers: line["headers"].as_object().expect("headers").iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            body: line["body"].clone(),
            members: text(&line["members"]),
        }
    }

    /// Such a line.
    pub(crate) fn line(&self, case: &str) -> String {
        let Self { status, security_headers, headers, body, members } = self;
        // Written by hand, so that what one looks for stands first.
        let [case, headers, members] = [json!(case), json!(headers), json!(members)];
        format!(r#"{{"case":{case},"status":{status},"securityHeaders":{security_headers},"headers":{headers},"body":{body},"members":{members}}}"#)
    }

    /// An answer off the wire.
    pub(crate) fn answered(answer: &WireAnswer, kids: &mut Kids) -> Self {
        let mut headers = BTreeMap::<String, String>::new();
        for (name, value) in answer.headers.iter().filter(|(name, _)| !CONNECTION.contains(&name.as_str())) {
            headers.entry(name.clone()).and_modify(|first| *first = format!("{first}, {value}")).or_insert_with(|| value.clone());
        }
        let before = headers.len();
        headers.retain(|name, value| !SECURITY.contains(&(name.as_str(), value.as_str())));
        let security_headers = (before - headers.len()) as u64;
        let bytes = answer.content();
        for (name, value) in &mut headers {
            *value = match name.as_str() {
                "etag" => without_digest(value, &bytes),
                "set-cookie" => without_token(value),
                _ => value.replace(ORIGIN, "<base>"),
            };
        }
        let text = String::from_utf8_lossy(&bytes);
        let body = match serde_json::from_str(&text) {
            Ok(value) => kids.value(None, &value),
            Err(_) => shortened(&text.replace(ORIGIN, "<base>")),
        };
        Self { status: answer.status, security_headers, headers, body, members: members(&text) }
    }

    /// The answer in one line: who was signed in, or why not, or what else is there.
    pub(crate) fn summary(&self) -> String {
        let at = |pointer| self.body.pointer(pointer).and_then(Value::as_str);
        let error = |name| {
            let code = at("/error/code").map_or(String::new(), |code| format!(" [{code}]"));
            format!("{} {name}{code}: {}", self.status, at("/error/message").unwrap_or_default())
        };
        match (at("/backstageIdentity/identity/userEntityRef"), at("/error/name")) {
            (Some(user), _) => format!("{} signed in as {user}", self.status),
            (None, Some(name)) => error(name),
            (None, None) if self.headers.contains_key("set-cookie") => format!("{} with a cookie", self.status),
            (None, None) => self.status.to_string(),
        }
    }
}

/// A validator that is the right one for the body, or without a body its length alone; any other as it is.
fn without_digest(etag: &str, body: &[u8]) -> String {
    let right = format!("W/\"{:x}-{}\"", body.len(), sha1(body));
    match etag.split_once('-') {
        _ if etag == right => "<of the body>".to_owned(),
        Some((length, digest)) if body.is_empty() && digest.len() == 28 => format!("{length}-<digest>\""),
        _ => etag.to_owned(),
    }
}

/// A cookie whose token is named by its type, and that has no time.
fn without_token(cookie: &str) -> String {
    let (pair, attributes) = cookie.split_once("; ").unwrap_or((cookie, ""));
    let (name, token) = pair.split_once('=').unwrap_or((pair, ""));
    let header: Option<Value> = segment(token, 0).and_then(|header| serde_json::from_str(&header).ok());
    let shown = header.map_or_else(|| token.to_owned(), |header| format!("<{}>", header["typ"].as_str().unwrap_or_default()));
    let attribute = |text: &str| if text.starts_with("Expires=") && !shown.is_empty() { "Expires=<date>".to_owned() } else { text.to_owned() };
    let attributes: Vec<_> = attributes.split("; ").map(attribute).collect();
    format!("{name}={shown}; {}", attributes.join("; "))
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
            (Some("expiresAt"), Value::String(time)) if is_iso_date(time) => "<iso date>".into(),
            (Some("kid"), Value::String(kid)) => self.kid(kid).into(),
            (Some("x" | "y" | "n"), Value::String(coordinate)) if coordinate.len() > 20 => format!("<{}B>", decoded_length(coordinate)).into(),
            (_, Value::String(text)) => self.token(text).unwrap_or_else(|| shortened(&text.replace(ORIGIN, "<base>"))),
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

fn is_iso_date(text: &str) -> bool {
    let digits_as_zero: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    digits_as_zero == "0000-00-00T00:00:00.000Z" && text.get(20..23) == Some("000")
}

/// A long text by its length and digest.
fn shortened(text: &str) -> Value {
    if text.len() < 1000 { text.into() } else { format!("<{} bytes, SHA-1 {}>", text.len(), sha1(text.as_bytes())).into() }
}

fn sha1(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes))
}

fn decoded_length(base64url: &str) -> usize {
    URL_SAFE_NO_PAD.decode(base64url).map_or(0, |bytes| bytes.len())
}
