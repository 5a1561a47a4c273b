//! Backstage's error body, and the one place where a sign-in error becomes a status.

use axum::response::Response;
use http::{Method, StatusCode, Uri};
use serde::Serialize;

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
    let shown =
        Error { name: error.name.as_str(), message: &error.message, cause: error.shown_cause.as_ref(), code: error.code.map(ErrorCode::as_str) };
    respond(error.status(), shown, method, uri)
}

/// The answer to anything else that is refused.
pub(super) fn plain(name: ErrorName, message: &str, method: &Method, uri: &Uri) -> Response {
    respond(name.status(), Error { name: name.as_str(), message, cause: None, code: None }, method, uri)
}

fn respond(status: u16, error: Error<'_>, method: &Method, uri: &Uri) -> Response {
    let url = paths::below_mount(uri).unwrap_or_else(|| uri.path());
    let body = Body { error, request: Request { method: method.as_str(), url }, response: StatusOnly { status_code: status } };
    answer::json(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &body)
}
