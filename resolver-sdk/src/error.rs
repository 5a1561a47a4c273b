//! Why there is no identity, in Backstage's words.

use std::{borrow::Cow, fmt};

/// Backstage's names of errors; each brings the status of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorName {
    /// `InputError`, 400.
    Input,
    /// `AuthenticationError`, 401.
    Authentication,
    /// `NotAllowedError`, 403.
    NotAllowed,
    /// `NotFoundError`, 404; the only one after which the next resolver of the chain is asked.
    NotFound,
    /// `ConflictError`, 409: several users match.
    Conflict,
    /// `NotImplementedError`, 501.
    NotImplemented,
    /// `ServiceUnavailableError`, 503.
    ServiceUnavailable,
    /// `ResponseError`: an upstream's own status.
    Response,
    /// `Error`, 500.
    Other,
}

impl ErrorName {
    /// The name as the client sees it.
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
}

/// Why a sign-in does not succeed. The message is for the client, the cause for the operator.
///
/// An error of the [`Context`](crate::Context) is passed on with `?`. Make a new one to say it in other words:
///
/// ```
/// use resolver_sdk::{Context, Error, Identity, UserQuery};
///
/// fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
///     let name = ctx.required_header("x-forwarded-user", "Request did not contain a user")?;
///     ctx.sign_in_with_catalog_user(UserQuery::name(name)).map_err(|error| {
///         if error.is_not_found() { Error::not_allowed("Please ask for an account at help@corp.example").because(error) } else { error }
///     })
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub(crate) name: ErrorName,
    pub(crate) message: Cow<'static, str>,
    pub(crate) cause: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) retryable: bool,
}

/// A constructor for each of Backstage's names.
macro_rules! constructors {
    ($($(#[$doc:meta])* $function:ident => $name:ident;)*) => {$(
        $(#[$doc])*
        pub fn $function(message: impl Into<Cow<'static, str>>) -> Self {
            Self::new(ErrorName::$name, message)
        }
    )*};
}

impl Error {
    constructors! {
        /// 400: something in the request makes no sense.
        input => Input;
        /// 401: it is not proven who asks.
        authentication => Authentication;
        /// 403: it is known who asks, and they may not.
        not_allowed => NotAllowed;
        /// 404: nobody matches; the next resolver of the chain is asked.
        not_found => NotFound;
        /// 409: several match.
        conflict => Conflict;
        /// 501.
        not_implemented => NotImplemented;
        /// 503: a system that had to be asked does not answer. Never a user that does not exist.
        service_unavailable => ServiceUnavailable;
        /// 500.
        other => Other;
    }

    /// A system that was asked answered with this status; 400 to 599 are passed on, anything else becomes 500.
    pub fn response(status: u16, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status: Some(status), ..Self::new(ErrorName::Response, message) }
    }

    fn new(name: ErrorName, message: impl Into<Cow<'static, str>>) -> Self {
        Self { name, message: message.into(), cause: None, status: None, retryable: false }
    }

    /// The same with a cause. It stands in the decision record and the log; the client never sees it.
    #[must_use]
    pub fn because(self, cause: impl fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// The same, saying that the sign-in may succeed a little later.
    #[must_use]
    pub fn retryable(self) -> Self {
        Self { retryable: true, ..self }
    }

    /// Backstage's name.
    pub fn name(&self) -> ErrorName {
        self.name
    }

    /// What the client reads.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the operator reads.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The upstream's status of a [`response`](Self::response).
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Whether the same sign-in may succeed a little later.
    pub fn is_retryable(&self) -> bool {
        self.retryable
    }

    /// Whether the catalog was asked and knows nobody. An outage is not that.
    pub fn is_not_found(&self) -> bool {
        self.name == ErrorName::NotFound
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name.as_str(), self.message)
    }
}

impl std::error::Error for Error {}
