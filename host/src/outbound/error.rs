//! Why a call to another system came to nothing, in words for the log: without the URL, which may hold what nobody should read.

use std::{error::Error, time::Duration};

use http::StatusCode;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    /// The client itself cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
    /// There is no connection: no such host, refused, a certificate that is not trusted.
    #[error("no connection: {0}")]
    Connect(String),
    /// The connection broke before the answer began.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The answer did not come in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The answer broke off.
    #[error("the answer broke off: {0}")]
    Body(String),
    /// The answer is larger than allowed.
    #[error("the answer is larger than {0} bytes")]
    BodyTooLarge(usize),
    /// The answer sends us elsewhere, where nobody should go with a token.
    #[error("{0}: redirects are not followed")]
    Redirect(StatusCode),
}

impl HttpError {
    pub(super) fn client(error: reqwest::Error) -> Self {
        Self::Client(chain(error))
    }

    pub(super) fn sending(error: reqwest::Error, timeout: Duration) -> Self {
        match error {
            error if error.is_timeout() => Self::Timeout(timeout),
            error if error.is_builder() => Self::Client(chain(error)),
            error if error.is_connect() => Self::Connect(chain(error)),
            error => Self::Broken(chain(error)),
        }
    }

    pub(super) fn body(error: reqwest::Error) -> Self {
        Self::Body(chain(error))
    }
}

/// The innermost reasons: what the client library says itself only repeats that there is an error.
fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let sources: Vec<_> = std::iter::successors(error.source(), |source| (*source).source()).map(ToString::to_string).collect();
    if sources.is_empty() { error.to_string() } else { sources.join(": ") }
}
