//! Requests that a component makes to other systems.

mod request;

use crate::domain::{
    error::{ErrorName, SignInError},
    grant::HttpBounds,
    headers::SensitiveHeaders,
};

use super::BoxFuture;

pub use request::{OutOfBounds, OutboundRequest, SenselessRequest};

/// An answer, whole.
#[derive(Debug)]
pub struct OutboundAnswer {
    /// The status.
    pub status: u16,
    /// The headers, their names in lower case; never `set-cookie`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// On whose behalf a request is made.
pub struct OutboundCall<'a> {
    /// Within which bounds it is. What it leads to must be so too.
    pub bounds: &'a HttpBounds,
    /// The tokens of the sign-in's own request, for credentials that are one of them.
    pub tokens: &'a SensitiveHeaders,
    /// The bytes that the answer may have, its headers included.
    pub max_bytes: usize,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum OutboundError {
    /// What it would have come to is out of bounds; it says by what rule.
    OutOfBounds(String),
    /// Anything else.
    Failed(SignInError),
}

/// Sends requests of components within their bounds.
pub trait HttpClient: Send + Sync {
    /// Sends one request and waits for the whole answer, for as long as one call may take. Statuses of 400 and above are answers.
    ///
    /// The request itself is within the bounds. Wherever it leads, nothing outside of them is contacted, nor a link-local or metadata address, nor a listener of this
    /// server; redirects included.
    fn send<'a>(&'a self, request: OutboundRequest, call: OutboundCall<'a>) -> BoxFuture<'a, Result<OutboundAnswer, OutboundError>>;
}

/// Where nothing can be reached.
pub struct NoDestinations;

impl HttpClient for NoDestinations {
    fn send<'a>(&'a self, _request: OutboundRequest, _call: OutboundCall<'a>) -> BoxFuture<'a, Result<OutboundAnswer, OutboundError>> {
        Box::pin(async { Err(OutboundError::Failed(SignInError::new(ErrorName::ServiceUnavailable, "Nothing can be reached from here"))) })
    }
}
