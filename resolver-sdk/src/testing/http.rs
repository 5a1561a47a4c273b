//! Requests within the bounds that the test grants, and the answers that it gives.

use super::{
    bounds::{beyond, granted},
    fake_context::FakeContext,
    fake_http::FakeHttp,
};
use crate::{Error, HttpRequest, HttpResponse};

/// Requests in one sign-in: the host's default.
const CALLS: usize = 8;

/// Headers that are the host's.
const FORBIDDEN: [&str; 12] = [
    "host",
    "authorization",
    "proxy-authorization",
    "cookie",
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
];

/// What a test grants of `http-client`.
#[derive(Debug, Clone)]
pub(super) struct HttpBounds {
    destinations: Vec<(String, String)>,
    credentials: Vec<String>,
}

impl FakeContext {
    /// The operator grants the power `http-client`: for these methods, each with the beginning of its URLs, and with these credentials.
    #[must_use]
    pub fn grant_http_client<'a>(
        self,
        destinations: impl IntoIterator<Item = (&'a str, &'a str)>,
        credentials: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let destinations = destinations.into_iter().map(|(method, url)| (method.to_owned(), url.to_owned())).collect();
        let credentials = credentials.into_iter().map(str::to_owned).collect();
        self.with_grants(|grants| grants.http = Some(HttpBounds { destinations, credentials }))
    }

    /// Another system gives this answer. A request for which the test gives none is a mistake in the test.
    #[must_use]
    pub fn with_http(mut self, answer: FakeHttp) -> Self {
        self.http.push(answer);
        self
    }

    /// Requests with this credential fail like this, before they are sent: it is a token that the request does not have, for instance.
    #[must_use]
    pub fn with_credential_fault(mut self, credential: &str, error: Error) -> Self {
        self.credential_faults.insert(credential.to_owned(), error);
        self
    }

    /// The requests that were sent, in order.
    pub fn requests(&self) -> Vec<HttpRequest> {
        self.trace.borrow().requests.clone()
    }
}

/// Sends a request as the host would.
pub(super) fn send(ctx: &FakeContext, request: HttpRequest) -> Result<HttpResponse, Error> {
    let bounds = granted("http-client", ctx.grants.http.as_ref())?;
    check(&request)?;
    bounds.check(&request)?;
    if let Some(fault) = request.credential.as_ref().and_then(|name| ctx.credential_faults.get(name)) {
        return Err(fault.clone());
    }
    let answer = ctx.http.iter().find_map(|answer| answer.answer_to(&request));
    let answer = answer.unwrap_or_else(|| panic!("the test gives no answer to {} {}", request.method, request.url));
    let mut trace = ctx.trace.borrow_mut();
    trace.requests.push(request);
    assert!(trace.requests.len() <= CALLS, "more than {CALLS} requests in one sign-in: the host would end the component");
    answer
}

/// Refuses what makes no sense.
fn check(request: &HttpRequest) -> Result<(), Error> {
    let refused = |why: &str| Err(Error::input("The request of the resolver is not sent").because(why));
    if request.method.is_empty() || !request.method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return refused("its method is not in upper case");
    }
    if !request.url.starts_with("https://") && !request.url.starts_with("http://") {
        return refused("its URL is not absolute");
    }
    let forbidden = |name: &str| FORBIDDEN.iter().any(|other| other.eq_ignore_ascii_case(name));
    if request.headers.iter().any(|(name, _)| forbidden(name)) { refused("it has a header that is the host's") } else { Ok(()) }
}

impl HttpBounds {
    fn check(&self, request: &HttpRequest) -> Result<(), Error> {
        if !self.destinations.iter().any(|(method, url)| *method == request.method && is_below(url, &request.url)) {
            return Err(beyond("http-client", "request", &request.url));
        }
        match &request.credential {
            Some(name) if !self.credentials.contains(name) => Err(beyond("http-client", "request", name)),
            _ => Ok(()),
        }
    }
}

/// Whether a URL lies below another one.
fn is_below(prefix: &str, url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase().replace("%2e", ".");
    let climbs = path.split(['/', '\\']).any(|segment| matches!(segment, "." | ".."));
    url.strip_prefix(prefix).is_some_and(|rest| !climbs && (rest.is_empty() || prefix.ends_with('/') || rest.starts_with(['/', '?'])))
}
