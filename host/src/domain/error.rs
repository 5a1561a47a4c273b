//! Why a sign-in did not succeed: Backstage's error names for the client, the cause and the blame for the operator.

use std::{borrow::Cow, sync::Arc};

use super::upstream::UpstreamError;

/// Backstage's error names. With each comes the status that the client gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorName {
    /// 400.
    Input,
    /// 401.
    Authentication,
    /// 403.
    NotAllowed,
    /// 404; inside a chain it alone moves on to the next resolver.
    NotFound,
    /// 409: several matched.
    Conflict,
    /// 501.
    NotImplemented,
    /// 503.
    ServiceUnavailable,
    /// An upstream's own status.
    Response,
    /// 500.
    Other,
}

impl ErrorName {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Input,
        Self::Authentication,
        Self::NotAllowed,
        Self::NotFound,
        Self::Conflict,
        Self::NotImplemented,
        Self::ServiceUnavailable,
        Self::Response,
        Self::Other,
    ];

    /// The name in the body of the answer.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "InputError",
            Self::Authentication => "AuthenticationError",
            Self::NotAllowed => "NotAllowedError",
            Self::NotFound => "NotFoundError",
            Self::Conflict => "ConflictError",
            Self::NotImplemented => "NotImplementedError",
            Self::ServiceUnavailable => "ServiceUnavailableError",
            Self::Response => "ResponseError",
            Self::Other => "Error",
        }
    }

    /// The status that goes with the name.
    pub fn status(self) -> u16 {
        match self {
            Self::Input => 400,
            Self::Authentication => 401,
            Self::NotAllowed => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::NotImplemented => 501,
            Self::ServiceUnavailable => 503,
            Self::Response | Self::Other => 500,
        }
    }
}

/// Stable names of this host's own failures, in the body as `error.code` and in the log. Errors of Backstage have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The component trapped.
    ResolverTrapped,
    /// The component wanted more memory than `stagedoor.limits.memory`.
    ResolverOutOfMemory,
    /// The sign-in took longer than `stagedoor.limits.timeout`.
    ResolverTimeout,
    /// More sign-ins than `stagedoor.limits.concurrency`, for longer than `queueTimeout`.
    Overloaded,
    /// The peer may not speak for users.
    UntrustedPeer,
    /// The shared secret of the proxy is missing or wrong.
    BadProxySecret,
    /// An identity header came twice, misspelt, or not in UTF-8.
    BadHeader,
    /// The guard refused what the resolver returned.
    Guarded,
}

impl ErrorCode {
    /// The code as written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResolverTrapped => "resolver-trapped",
            Self::ResolverOutOfMemory => "resolver-out-of-memory",
            Self::ResolverTimeout => "resolver-timeout",
            Self::Overloaded => "overloaded",
            Self::UntrustedPeer => "untrusted-peer",
            Self::BadProxySecret => "bad-proxy-secret",
            Self::BadHeader => "bad-header",
            Self::Guarded => "guarded",
        }
    }
}

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// Whoever sent the request, or what stands in it.
    Client,
    /// The component: it trapped, looped, or went beyond a limit.
    Guest,
    /// This server or its configuration.
    Host,
    /// A system that was asked: the catalog.
    Upstream,
}

impl Blame {
    /// The word in the decision record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Guest => "guest",
            Self::Host => "host",
            Self::Upstream => "upstream",
        }
    }
}

/// Why a sign-in did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", name.as_str())]
pub struct SignInError {
    /// Backstage's name.
    pub name: ErrorName,
    /// For the client.
    pub message: Cow<'static, str>,
    /// For the operator, never for the client.
    pub cause: Option<String>,
    /// With [`ErrorName::Response`]: the upstream's status, 400 to 599.
    pub status: Option<u16>,
    /// The same request may succeed later.
    pub retryable: bool,
    /// This host's own failures have a code.
    pub code: Option<ErrorCode>,
    /// A cause that Backstage shows to the client too: only for an ID token that cannot be decoded.
    pub shown_cause: Option<ShownCause>,
    /// With [`ErrorName::Response`]: what the system that was asked answered, which Backstage shows to the client.
    pub upstream: Option<Arc<UpstreamError>>,
    /// Whose fault it is.
    pub blame: Blame,
}

/// `error.cause` of the answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ShownCause {
    /// Its code.
    pub code: &'static str,
    /// Name of the error.
    pub name: &'static str,
    /// What it says.
    pub message: &'static str,
}

impl SignInError {
    /// An error with Backstage's name and text, caused by what the request holds.
    pub fn new(name: ErrorName, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        Self { name, message, cause: None, status: None, retryable: false, code: None, shown_cause: None, upstream: None, blame: Blame::Client }
    }

    /// One of this host's own failures.
    pub fn own(name: ErrorName, code: ErrorCode, blame: Blame, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: Some(code), blame, ..Self::new(name, message) }
    }

    /// The same with a cause for the operator.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The status of the answer.
    pub fn status(&self) -> u16 {
        match (self.name, self.status) {
            (ErrorName::Response, Some(status @ 400..=599)) => status,
            (name, _) => name.status(),
        }
    }
}
