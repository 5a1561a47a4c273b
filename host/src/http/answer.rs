//! Answers with the headers that express puts on them: type, length, `ETag`, and `Vary`, since what is long enough is compressed on demand.

use aws_lc_rs::digest;
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, VARY},
};
use serde::Serialize;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("Accept-Encoding");

/// For what no cache may keep.
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// An answer whose body is this value.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => json_text(status, text),
        Err(error) => {
            tracing::error!(%error, "an answer could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// An answer whose body is JSON already.
pub(super) fn json_text(status: StatusCode, text: String) -> Response {
    with_body(status, JSON, text)
}

/// An answer that express would send for a plain text, which it calls HTML.
pub(super) fn html(status: StatusCode, text: &'static str) -> Response {
    with_body(status, HTML, text.to_owned())
}

fn with_body(status: StatusCode, content_type: HeaderValue, text: String) -> Response {
    let (etag, length) = (etag(text.as_bytes()), HeaderValue::from(text.len()));
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CONTENT_LENGTH, length);
    headers.extend(etag.map(|etag| (ETAG, etag)));
    headers.insert(VARY, ACCEPT_ENCODING);
    response
}

/// The weak validator that the package `etag` makes: the length in hexadecimal and 27 characters of the SHA-1 in base64. It guards nothing: whoever
/// knows the body may know its digest.
fn etag(body: &[u8]) -> Option<HeaderValue> {
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, body);
    HeaderValue::try_from(format!("W/\"{:x}-{}\"", body.len(), STANDARD_NO_PAD.encode(digest))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values observed on Backstage.
    #[test]
    fn the_etag_is_that_of_express() {
        assert_eq!(etag(b"GET,HEAD").unwrap(), r#"W/"8-ZRAf8oNBS3Bjb/SU2GYZCmbtmXg""#);
        assert_eq!(etag(br#"{"status":"ok"}"#).unwrap(), r#"W/"f-VaSQ4oDUiZblZNAEkkN+sX+q3Sg""#);
    }
}
