//! An error that another system answered with, as Backstage passes it on: its `ResponseError`.
//!
//! Guarantees: the members are bounded and known. Whatever else the answer held, stack traces included, is not here.

use std::fmt;

use serde::Serialize;

/// What a system answered in place of what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamError {
    /// The status of its answer, 400 to 599.
    pub status: u16,
    /// The words that belong to the status.
    pub status_text: &'static str,
    /// What its body said.
    pub body: UpstreamBody,
}

/// Backstage's error body, read from another system's answer; member order as Backstage writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpstreamBody {
    /// The error.
    pub error: NamedError,
    /// The request that it is about, as the other system saw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<UpstreamRequest>,
    /// The status once more.
    pub response: UpstreamStatus,
}

/// An error by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedError {
    /// Such as `NotAllowedError`.
    pub name: String,
    /// What it says.
    pub message: String,
}

/// A request as an error body shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpstreamRequest {
    /// `GET`.
    pub method: String,
    /// Path and query.
    pub url: String,
}

/// `response` of an error body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpstreamStatus {
    /// 400 to 599.
    pub status_code: u16,
}

impl UpstreamError {
    /// Backstage's text for the client.
    pub fn message(&self) -> String {
        format!("Request failed with {} {}", self.status, self.status_text)
    }
}

/// For the operator.
impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NamedError { name, message } = &self.body.error;
        write!(f, "{} {}, {name}: {message}", self.status, self.status_text)
    }
}
