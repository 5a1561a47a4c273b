//! Backstage's error body, and the one place where a sign-in error becomes a status.

use axum::response::Response;
use http::{Method, StatusCode, Uri};
use serde::{Serialize, Serializer};

use crate::domain::error::{ErrorCode, ErrorName, ShownCause, SignInError};

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
    let (cause, code) = (error.shown_cause.as_ref(), error.code.map(ErrorCode::as_str));
    let shown = Error { name: error.name.as_str(), message: &error.message, cause, code, details: Details::default() };
    respond(error.status(), shown, method, uri)
}

/// The answer to anything else that is refused.
pub(super) fn plain(name: ErrorName, message: &str, method: &Method, uri: &Uri) -> Response {
    detailed(name.status(), name.as_str(), message, Details::default(), method, uri)
}

/// The same with a name of its own and with details.
pub(super) fn detailed(status: u16, name: &str, message: &str, details: Details, method: &Method, uri: &Uri) -> Response {
    respond(status, Error { name, message, cause: None, code: None, details }, method, uri)
}

fn respond(status: u16, error: Error<'_>, method: &Method, uri: &Uri) -> Response {
    let url = paths::below_mount(uri).unwrap_or_else(|| uri.path());
    let body = Body { error, request: Request { method: method.as_str(), url }, response: StatusOnly { status_code: status } };
    answer::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &body)
}
