//! Backstage's error body, and the one place where a sign-in error becomes a status.

use axum::response::Response;
use http::{Method, StatusCode, Uri};
use serde::{Serialize, Serializer};

use crate::domain::{
    error::{ErrorCode, ErrorName, ShownCause, SignInError},
    upstream::{NamedError, UpstreamBody, UpstreamError},
};

use super::{answer, paths};

#[derive(Serialize)]
struct Body<'a> {
    error: Error<'a>,
    request: Request<'a>,
    response: StatusOnly,
}

#[derive(Serialize)]
struct Error<'a> {
    name: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a ShownCause>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    upstream: Option<Upstream<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(flatten)]
    details: Details,
}

/// Further members of `error`, in this order: what the errors of express's body parsers tell beyond a name and a message.
#[derive(Default)]
pub(super) struct Details(pub(super) Vec<(&'static str, serde_json::Value)>);

impl Serialize for Details {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// The further members of a `ResponseError`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Upstream<'a> {
    response: Fetched,
    body: &'a UpstreamBody,
    cause: &'a NamedError,
    status_code: u16,
    status_text: &'a str,
}

/// What is left of node-fetch's response when it is written as JSON.
#[derive(Default, Serialize)]
struct Fetched {
    size: u32,
    timeout: u32,
}

impl<'a> From<&'a UpstreamError> for Upstream<'a> {
    fn from(error: &'a UpstreamError) -> Self {
        let UpstreamError { status, status_text, body } = error;
        Self { response: Fetched::default(), body, cause: &body.error, status_code: *status, status_text }
    }
}

#[derive(Serialize)]
struct Request<'a> {
    method: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusOnly {
    status_code: u16,
}

/// The answer to a sign-in that was refused.
pub(super) fn refused(error: &SignInError, method: &Method, uri: &Uri) -> Response {
    let shown = Error {
        name: error.name.as_str(),
        message: &error.message,
        cause: error.shown_cause.as_ref(),
        upstream: error.upstream.as_deref().map(Upstream::from),
        code: error.code.map(ErrorCode::as_str),
        details: Details::default(),
    };
    respond(error.status(), shown, method, uri)
}

/// The answer to anything else that is refused.
pub(super) fn plain(name: ErrorName, message: &str, method: &Method, uri: &Uri) -> Response {
    detailed(name.status(), name.as_str(), message, Details::default(), method, uri)
}

/// The same with a name of its own and with details.
pub(super) fn detailed(status: u16, name: &str, message: &str, details: Details, method: &Method, uri: &Uri) -> Response {
    respond(status, Error { name, message, cause: None, upstream: None, code: None, details }, method, uri)
}

fn respond(status: u16, error: Error<'_>, method: &Method, uri: &Uri) -> Response {
    let url = paths::below_mount(uri).unwrap_or_else(|| uri.path());
    let body = Body { error, request: Request { method: method.as_str(), url }, response: StatusOnly { status_code: status } };
    answer::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &body)
}
