//! Request bodies: nobody needs them, but Backstage parses JSON and forms below its mount, and refuses what it cannot parse.
//!
//! A body is read before the handler runs, within bounds of size and time, so that the connection can go on to the next request. Errors have
//! the bodies of the package `body-parser` 1.20 as Backstage shows them. Compressed bodies are refused, so that there is nothing to inflate.
//! What all bodies may take together is bounded too, and so is what an answer repeats of one.

use std::{future::poll_fn, pin::Pin, sync::LazyLock, time::Duration};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{OriginalUri, Request},
    response::Response,
};
use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
};
use regex::Regex;
use serde::de::IgnoredAny;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use super::{
    budget::Budget,
    error::{self, Details},
    paths,
};

/// Bytes of a body that is parsed.
const LIMIT: usize = 100 * 1024;
/// Bytes of a body that is thrown away for the sake of the connection; beyond them it is closed.
const DISCARDED: usize = 1024 * 1024;
/// Bytes of a refused body that the answer repeats. Each may become six, and a client may leave the answer with us for a while.
const REPEATED: usize = 4 * 1024;
/// Parameters of a form.
const PARAMETERS: usize = 1000;
/// How long a client may take to send a body.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A parameter of a media type, as the package `media-typer` reads it.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    let token = r"[!#$%&'*+\-.0-9A-Z^_`a-z|~]+";
    let quoted = r#""(?:[ !\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*""#;
    Regex::new(&format!("^; *({token}) *= *({quoted}|{token}) *")).expect("the pattern is constant")
});

/// What is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Form,
}

/// Why a body is refused.
struct Refused {
    status: u16,
    name: &'static str,
    message: String,
    /// The further members of `error`.
    details: Vec<(&'static str, serde_json::Value)>,
}

/// The request without its body, which was read and is sound; or the answer that says why it is not.
pub(super) async fn read(request: Request, budget: &Budget) -> Result<Request, Response> {
    let announced = request.headers().contains_key(CONTENT_LENGTH) || request.headers().contains_key(TRANSFER_ENCODING);
    if !announced && request.body().is_end_stream() {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let content_type = if paths::parses_bodies(&parts.method, parts.uri.path()) { content_type(&parts.headers) } else { None };
    let until = Instant::now() + TIMEOUT;
    let outcome = match (budget.share(most(&parts.headers, &body, content_type.is_some())), content_type) {
        (None, _) => Err(too_many()),
        (Some(_share), None) => discard(body, until).await,
        (Some(_share), Some((kind, charset))) => parse(kind, charset, &parts.headers, body, until).await,
    };
    match outcome {
        Ok(()) => Ok(Request::from_parts(parts, Body::empty())),
        Err(Refused { status, name, message, details }) => {
            let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
            Err(error::detailed(status, name, &message, Details(details), &parts.method, uri))
        }
    }
}

/// What a request may hold while its body is read, in bytes: its headers, and its body if it is kept. One that is there already waits for nobody.
fn most(headers: &HeaderMap, body: &Body, kept: bool) -> usize {
    if body.is_end_stream() {
        return 0;
    }
    let headers: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let announced = body.size_hint().upper().and_then(|length| usize::try_from(length).ok());
    headers + if kept { announced.unwrap_or(LIMIT).min(LIMIT) } else { 0 }
}

/// The parser whose media type this is, and the charset. A type whose parameters are malformed is none.
fn content_type(headers: &HeaderMap) -> Option<(Kind, String)> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (media_type, mut parameters) = text.split_at(text.find(';').unwrap_or(text.len()));
    let kinds = [("application/json", Kind::Json), ("application/x-www-form-urlencoded", Kind::Form)];
    let kind = kinds.into_iter().find_map(|(name, kind)| media_type.trim().eq_ignore_ascii_case(name).then_some(kind))?;
    let mut charset = "utf-8".to_owned();
    while !parameters.is_empty() {
        let parameter = PARAMETER.captures(parameters)?;
        if parameter[1].eq_ignore_ascii_case("charset") {
            charset = parameter[2].trim_matches('"').to_ascii_lowercase();
        }
        parameters = &parameters[parameter[0].len()..];
    }
    Some((kind, charset))
}

async fn parse(kind: Kind, charset: String, headers: &HeaderMap, mut body: Body, until: Instant) -> Result<(), Refused> {
    let outcome = parsed(kind, charset, headers, &mut body, until).await;
    if outcome.is_err() {
        // Whoever is still sending would otherwise not read the answer.
        let _ = discard(body, until).await;
    }
    outcome
}

async fn parsed(kind: Kind, charset: String, headers: &HeaderMap, body: &mut Body, until: Instant) -> Result<(), Refused> {
    check_headers(charset, headers)?;
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if let Some(length) = length.filter(|length| *length > LIMIT) {
        return Err(too_large(vec![("expected", length.into()), ("length", length.into()), ("limit", LIMIT.into())]));
    }
    check(kind, &collect(body, until).await?)
}

fn check_headers(charset: String, headers: &HeaderMap) -> Result<(), Refused> {
    let unsupported = |message, member, value: String, kind: &str| {
        let details = vec![(member, value.into()), ("type", kind.into())];
        Err(Refused { status: 415, name: "UnsupportedMediaTypeError", message, details })
    };
    if charset != "utf-8" {
        return unsupported(format!("unsupported charset \"{}\"", charset.to_uppercase()), "charset", charset, "charset.unsupported");
    }
    let encoding = headers.get(CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()).to_lowercase());
    match encoding.filter(|encoding| !encoding.is_empty() && encoding != "identity") {
        Some(encoding) => unsupported(format!("unsupported content encoding \"{encoding}\""), "encoding", encoding, "encoding.unsupported"),
        None => Ok(()),
    }
}

fn check(kind: Kind, bytes: &[u8]) -> Result<(), Refused> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    match kind {
        Kind::Json => check_json(text),
        Kind::Form if text.split('&').count() > PARAMETERS => {
            let details = vec![("type", "parameters.too.many".into()), ("body", repeated(text).into())];
            Err(Refused { status: 413, name: "PayloadTooLargeError", message: "too many parameters".to_owned(), details })
        }
        Kind::Form => Ok(()),
    }
}

/// An object or a list; an empty body counts as one.
fn check_json(text: &str) -> Result<(), Refused> {
    let malformed = |message: String| {
        let details = vec![
            ("expose", json!(true)),
            ("statusCode", json!(400)),
            ("status", json!(400)),
            ("body", json!(repeated(text))),
            ("type", json!("entity.parse.failed")),
        ];
        Err(Refused { status: 400, name: "SyntaxError", message, details })
    };
    if text.is_empty() {
        return Ok(());
    }
    let starts = text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with(['{', '[']);
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) if starts => Ok(()),
        Ok(_) => malformed("The body is neither a JSON object nor a list".to_owned()),
        Err(error) if error.is_eof() => malformed("Unexpected end of JSON input".to_owned()),
        Err(error) => malformed(format!("The body is not valid JSON: {error}")),
    }
}

/// The beginning of a text.
fn repeated(text: &str) -> &str {
    &text[..text.floor_char_boundary(REPEATED)]
}

fn too_large(mut details: Vec<(&'static str, serde_json::Value)>) -> Refused {
    details.push(("type", "entity.too.large".into()));
    Refused { status: 413, name: "PayloadTooLargeError", message: "request entity too large".to_owned(), details }
}

async fn collect(body: &mut Body, until: Instant) -> Result<Vec<u8>, Refused> {
    let mut read = Vec::new();
    while let Some(data) = next(body, until).await? {
        let received = read.len() + data.len();
        if received > LIMIT {
            return Err(too_large(vec![("limit", LIMIT.into()), ("received", received.into())]));
        }
        read.extend_from_slice(&data);
    }
    Ok(read)
}

/// Reads on, without keeping anything.
async fn discard(mut body: Body, until: Instant) -> Result<(), Refused> {
    let mut read = 0;
    while let Some(data) = next(&mut body, until).await? {
        read += data.len();
        if read > DISCARDED {
            break;
        }
    }
    Ok(())
}

async fn next(body: &mut Body, until: Instant) -> Result<Option<Bytes>, Refused> {
    let frame = timeout_at(until, poll_fn(|context| Pin::new(&mut *body).poll_frame(context))).await.map_err(|_| too_slow())?;
    let frame = frame.transpose().map_err(|_| {
        let details = vec![("type", "request.aborted".into())];
        Refused { status: 400, name: "BadRequestError", message: "request aborted".to_owned(), details }
    })?;
    Ok(frame.map(|frame| frame.into_data().unwrap_or_default()))
}

fn too_many() -> Refused {
    let message = "Too many requests with a body at once".to_owned();
    Refused { status: 503, name: "ServiceUnavailableError", message, details: Vec::new() }
}

fn too_slow() -> Refused {
    let message = "The body of the request did not arrive in time".to_owned();
    Refused { status: 408, name: "RequestTimeoutError", message, details: Vec::new() }
}
