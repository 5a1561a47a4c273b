//! Request bodies: nobody needs them, but Backstage parses JSON and forms below its mount, and refuses what it cannot parse.
//!
//! A body is read before the handler runs, within bounds of size and time, so that the connection can go on to the next request. Errors have
//! the bodies of the package `body-parser` 1.20 as Backstage shows them. Compressed bodies are refused, so that there is nothing to inflate.

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

use super::{
    error::{self, Details},
    paths,
};

/// Bytes of a body that is parsed.
const LIMIT: usize = 100 * 1024;
/// Bytes of a body that is thrown away for the sake of the connection; beyond them it is closed.
const DISCARDED: usize = 1024 * 1024;
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

/// Why a body is refused: status, name, message and the further members of `error`.
struct Refused(u16, &'static str, String, Details);

/// The request without its body, which was read and is sound; or the answer that says why it is not.
pub(super) async fn read(request: Request) -> Result<Request, Response> {
    let announced = request.headers().contains_key(CONTENT_LENGTH) || request.headers().contains_key(TRANSFER_ENCODING);
    if !announced && request.body().is_end_stream() {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let parsed = if paths::parses_bodies(&parts.method, parts.uri.path()) { content_type(&parts.headers) } else { None };
    let outcome = match parsed {
        None => discard(body).await,
        Some((kind, charset)) => parse(kind, charset, &parts.headers, body).await,
    };
    match outcome {
        Ok(()) => Ok(Request::from_parts(parts, Body::empty())),
        Err(Refused(status, name, message, details)) => {
            let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
            Err(error::detailed(status, name, &message, details, &parts.method, uri))
        }
    }
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

async fn parse(kind: Kind, charset: String, headers: &HeaderMap, mut body: Body) -> Result<(), Refused> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let checked = check_headers(charset, headers).and_then(|()| match length.filter(|length| *length > LIMIT) {
        Some(length) => Err(too_large(vec![("expected", length.into()), ("length", length.into()), ("limit", LIMIT.into())])),
        None => Ok(()),
    });
    let read = match checked {
        Ok(()) => collect(&mut body, LIMIT).await,
        Err(refused) => Err(refused),
    };
    match read {
        Ok(bytes) => check(kind, &bytes),
        Err(refused) => {
            // Whoever is still sending would otherwise not read the answer.
            let _ = discard(body).await;
            Err(refused)
        }
    }
}

fn check_headers(charset: String, headers: &HeaderMap) -> Result<(), Refused> {
    let unsupported = |message, member, value: String, kind: &str| {
        Err(Refused(415, "UnsupportedMediaTypeError", message, Details(vec![(member, value.into()), ("type", kind.into())])))
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
            let details = Details(vec![("type", "parameters.too.many".into()), ("body", text.into())]);
            Err(Refused(413, "PayloadTooLargeError", "too many parameters".to_owned(), details))
        }
        Kind::Form => Ok(()),
    }
}

/// An object or a list; an empty body counts as one.
fn check_json(text: &str) -> Result<(), Refused> {
    let malformed = |message: String| {
        let members = [
            ("expose", json!(true)),
            ("statusCode", json!(400)),
            ("status", json!(400)),
            ("body", json!(text)),
            ("type", json!("entity.parse.failed")),
        ];
        Err(Refused(400, "SyntaxError", message, Details(members.into())))
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

fn too_large(mut members: Vec<(&'static str, serde_json::Value)>) -> Refused {
    members.push(("type", "entity.too.large".into()));
    Refused(413, "PayloadTooLargeError", "request entity too large".to_owned(), Details(members))
}

/// Up to so many bytes.
async fn collect(body: &mut Body, limit: usize) -> Result<Vec<u8>, Refused> {
    let all = async {
        let mut read = Vec::new();
        while let Some(data) = next(body).await? {
            if read.len() + data.len() > limit {
                let received = read.len() + data.len();
                return Err(too_large(vec![("limit", limit.into()), ("received", received.into())]));
            }
            read.extend_from_slice(&data);
        }
        Ok(read)
    };
    tokio::time::timeout(TIMEOUT, all).await.unwrap_or_else(|_| Err(too_slow()))
}

/// Reads on, without keeping anything.
async fn discard(mut body: Body) -> Result<(), Refused> {
    let all = async {
        let mut read = 0;
        while let Some(data) = next(&mut body).await? {
            read += data.len();
            if read > DISCARDED {
                break;
            }
        }
        Ok(())
    };
    tokio::time::timeout(TIMEOUT, all).await.unwrap_or_else(|_| Err(too_slow()))
}

async fn next(body: &mut Body) -> Result<Option<Bytes>, Refused> {
    match poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await.transpose() {
        Ok(frame) => Ok(frame.map(|frame| frame.into_data().unwrap_or_default())),
        Err(_) => Err(Refused(400, "BadRequestError", "request aborted".to_owned(), Details(vec![("type", "request.aborted".into())]))),
    }
}

fn too_slow() -> Refused {
    Refused(408, "RequestTimeoutError", "The body of the request did not arrive in time".to_owned(), Details(Vec::new()))
}
