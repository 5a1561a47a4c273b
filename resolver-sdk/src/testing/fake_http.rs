//! Answers of other systems, written by the test.

use serde_json::Value;

use crate::{Error, HttpRequest, HttpResponse};

/// What a system answers to one method and URL, to be given to [`FakeContext::with_http`](super::FakeContext::with_http).
///
/// ```
/// use resolver_sdk::testing::FakeHttp;
///
/// FakeHttp::get("https://api.github.com/user/orgs").json(serde_json::json!([{ "login": "corp" }]));
/// FakeHttp::get("https://api.github.com/orgs/corp").status(404);
/// FakeHttp::new("POST", "https://git.corp.example/api").unreachable();
/// ```
#[derive(Debug, Clone)]
pub struct FakeHttp {
    method: String,
    url: String,
    credential: Option<String>,
    answer: Result<HttpResponse, Error>,
}

impl FakeHttp {
    /// An empty answer with status 200 to requests of this method and URL, the query included.
    pub fn new(method: &str, url: &str) -> Self {
        let answer = HttpResponse { status: 200, headers: Vec::new(), body: Vec::new() };
        Self { method: method.to_owned(), url: url.to_owned(), credential: None, answer: Ok(answer) }
    }

    /// The same for a `GET`.
    pub fn get(url: &str) -> Self {
        Self::new("GET", url)
    }

    /// Only to requests with this credential.
    #[must_use]
    pub fn credential(self, name: &str) -> Self {
        Self { credential: Some(name.to_owned()), ..self }
    }

    /// With this status.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        self.with(|answer| answer.status = status)
    }

    /// With this header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.with(|answer| answer.headers.push((name.to_ascii_lowercase(), value.to_owned())))
    }

    /// With this body.
    #[must_use]
    pub fn json(self, body: impl Into<Value>) -> Self {
        self.body(body.into().to_string())
    }

    /// With a body that need not be JSON.
    #[must_use]
    pub fn body(self, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        self.with(|answer| answer.body = body)
    }

    /// Nobody answers, or not in time.
    #[must_use]
    pub fn unreachable(self) -> Self {
        self.fault(Error::service_unavailable("Another system could not be asked").retryable())
    }

    /// The host does not give an answer but this error.
    #[must_use]
    pub fn fault(self, error: Error) -> Self {
        Self { answer: Err(error), ..self }
    }

    /// What it answers to this request, if that is meant.
    pub(super) fn answer_to(&self, request: &HttpRequest) -> Option<Result<HttpResponse, Error>> {
        let bears_it = self.credential.is_none() || self.credential == request.credential;
        (self.method == request.method && self.url == request.url && bears_it).then(|| self.answer.clone())
    }

    fn with(mut self, change: impl FnOnce(&mut HttpResponse)) -> Self {
        self.answer.as_mut().map(change).ok();
        self
    }
}
