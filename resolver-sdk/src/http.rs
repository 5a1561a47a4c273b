//! Requests to other systems, and what they answer.

use std::fmt;

use serde::{Serialize, de::DeserializeOwned};

use crate::Error;

/// A request, to be sent with [`Context::send`](crate::Context::send).
///
/// ```
/// # use resolver_sdk::{Context, Error, HttpRequest};
/// #[derive(serde::Deserialize)]
/// struct Organisation { login: String }
///
/// fn organisations(ctx: &impl Context) -> Result<Vec<Organisation>, Error> {
///     ctx.send(HttpRequest::get("https://api.github.com/user/orgs").credential("github"))?.success()?.json()
/// }
/// # use resolver_sdk::testing::{FakeContext, FakeHttp};
/// # let answer = FakeHttp::get("https://api.github.com/user/orgs").json(serde_json::json!([{ "login": "corp" }]));
/// # let ctx = FakeContext::new().grant_http_client([("GET", "https://api.github.com/")], ["github"]).with_http(answer);
/// # assert_eq!(organisations(&ctx)?[0].login, "corp");
/// # Ok::<(), Error>(())
/// ```
///
/// A value that comes from the request is hostile: put it into the URL with [`query`](Self::query) or [`segment`](Self::segment), which leave it no way
/// to become anything else.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
    pub(crate) credential: Option<String>,
}

impl HttpRequest {
    /// A request with this method, in upper case, to this absolute URL.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self { method: method.into(), url: url.into(), headers: Vec::new(), body: None, credential: None }
    }

    /// A `GET`.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A `POST`.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// With this as a further segment of the path. To be called before [`query`](Self::query).
    ///
    /// An error `input` for an empty one, for `.` and `..`, and for one with a slash, a backslash or a `%` in it: servers do not agree on what
    /// these mean.
    ///
    /// ```
    /// # use resolver_sdk::HttpRequest;
    /// let request = HttpRequest::get("https://git.corp.example/api/v1/users").segment("alice?x")?.segment("orgs")?;
    /// assert_eq!(request.url(), "https://git.corp.example/api/v1/users/alice%3Fx/orgs");
    /// assert!(request.segment("../admin").is_err());
    /// # Ok::<(), resolver_sdk::Error>(())
    /// ```
    pub fn segment(mut self, segment: &str) -> Result<Self, Error> {
        if matches!(segment, "" | "." | "..") || segment.contains(['/', '\\', '%']) {
            return Err(Error::input("The name cannot be a part of a URL"));
        }
        if !self.url.ends_with('/') {
            self.url.push('/');
        }
        push_escaped(&mut self.url, segment);
        Ok(self)
    }

    /// With this query parameter.
    ///
    /// ```
    /// # use resolver_sdk::HttpRequest;
    /// let request = HttpRequest::get("https://git.corp.example/users").query("email", "a&b@corp.example").query("page", "1");
    /// assert_eq!(request.url(), "https://git.corp.example/users?email=a%26b%40corp.example&page=1");
    /// ```
    #[must_use]
    pub fn query(mut self, key: &str, value: &str) -> Self {
        self.url.push(if self.url.contains('?') { '&' } else { '?' });
        push_escaped(&mut self.url, key);
        self.url.push('=');
        push_escaped(&mut self.url, value);
        self
    }

    /// With this header: `accept`, `accept-language`, `content-type`, `user-agent`, `if-none-match`, `if-modified-since`, `if-match`, `prefer`,
    /// `consistencylevel` or `x-github-api-version`. With any other the request is refused when it is sent.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With a credential that the operator has configured under this name. The host fills it in; no component ever sees it.
    #[must_use]
    pub fn credential(self, name: impl Into<String>) -> Self {
        Self { credential: Some(name.into()), ..self }
    }

    /// With this body.
    #[must_use]
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(body.into()), ..self }
    }

    /// With this value as JSON for a body. An error `input` if it cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Result<Self, Error> {
        let body = serde_json::to_vec(value).map_err(|error| Error::input("The body of a request cannot be written").because(error))?;
        Ok(self.header("content-type", "application/json").body(body))
    }

    /// Where it goes.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Says nothing of what it carries.
impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, url, credential, .. } = self;
        f.debug_struct("HttpRequest").field("method", method).field("url", url).field("credential", credential).finish_non_exhaustive()
    }
}

/// An answer, whole. A status of 400 and above is an answer too.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// 200 to 599, and never one of a redirect that was followed.
    pub status: u16,
    /// Their names are in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The same if the status is 2xx; otherwise an error `service_unavailable` with the status as its cause. Retryable where the status is 429 or 5xx.
    pub fn success(self) -> Result<Self, Error> {
        if self.is_success() {
            return Ok(self);
        }
        let error =
            Error::service_unavailable("Another system did not give an answer").because(format_args!("it answered with status {}", self.status));
        Err(if self.status == 429 || self.status >= 500 { error.retryable() } else { error })
    }

    /// The body read into a type of your own that names what you need; the status is not looked at.
    ///
    /// Fails with an error `other` if the body does not have that shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::other("The answer of another system is not as the resolver expects it").because(error))
    }
}

/// Says nothing of what it carries.
impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse").field("status", &self.status).field("bytes", &self.body.len()).finish_non_exhaustive()
    }
}

/// Appends text in which only what RFC 3986 calls unreserved stands for itself.
fn push_escaped(url: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(byte.into());
        } else {
            let digit = |four: u8| char::from_digit(four.into(), 16).unwrap_or_default().to_ascii_uppercase();
            url.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}
