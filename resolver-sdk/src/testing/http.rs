//! Requests within the bounds that the test grants, and the answers that it gives.

use super::{
    bounds::{beyond, granted},
    fake_context::FakeContext,
    fake_http::FakeHttp,
};
use crate::{Error, HttpRequest, HttpResponse};

/// Requests in one sign-in: the host's default.
const CALLS: usize = 4;

/// Headers that a component may set.
const ALLOWED: [&str; 10] = [
    "accept",
    "accept-language",
    "consistencylevel",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "prefer",
    "user-agent",
    "x-github-api-version",
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
    let calls = ctx.count_call();
    assert!(calls <= CALLS, "more than {CALLS} requests in one sign-in: the host would end the component");
    check(&request).map_err(|why| Error::input(format!("The resolver made a request that makes no sense: {why}")))?;
    bounds.check(&request)?;
    if let Some(fault) = request.credential.as_ref().and_then(|name| ctx.credential_faults.get(name)) {
        return Err(fault.clone());
    }
    let answer = ctx.http.iter().find_map(|answer| answer.answer_to(&request));
    let answer = answer.unwrap_or_else(|| panic!("the test gives no answer to {} {}", request.method, request.url));
    ctx.trace.borrow_mut().requests.push(request);
    answer
}

/// Refuses what makes no sense.
fn check(request: &HttpRequest) -> Result<(), String> {
    if request.method.is_empty() || !request.method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err("its method is not in upper case".to_owned());
    }
    let allowed = |name: &str| ALLOWED.iter().any(|other| other.eq_ignore_ascii_case(name));
    if let Some((name, _)) = request.headers.iter().find(|(name, _)| !allowed(name)) {
        return Err(format!("a component sets no header {name}, but only {}; a credential is filled in by the host", ALLOWED.join(", ")));
    }
    check_url(&request.url).map_err(str::to_owned)
}

/// Refuses what two readers could understand differently.
fn check_url(url: &str) -> Result<(), &'static str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).ok_or("its URL does not begin with http:// or https://")?;
    if url.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '#')) {
        return Err("its URL holds a blank, a control character, a backslash or a fragment");
    }
    let place = rest.split('?').next().unwrap_or_default();
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    if authority.is_empty() || authority.contains(['@', '%']) {
        return Err("its URL names no host, or a user");
    }
    let odd = |segment: &str| matches!(decoded(segment).as_str(), "." | "..") || decoded(segment).contains(['/', '\\']);
    let empty_inside = path.contains("//") || path.starts_with('/');
    if empty_inside || path.split('/').any(odd) { Err("its URL has a path that climbs, or is empty somewhere") } else { Ok(()) }
}

/// A segment of a path without what encodes dots and slashes, however often.
fn decoded(segment: &str) -> String {
    let mut segment = segment.to_ascii_lowercase();
    while segment.contains("%25") {
        segment = segment.replace("%25", "%");
    }
    segment.replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\")
}

impl HttpBounds {
    fn check(&self, request: &HttpRequest) -> Result<(), Error> {
        if !self.destinations.iter().any(|(method, url)| *method == request.method && holds(url, &request.url)) {
            return Err(beyond("http-client", "request", &request.url));
        }
        match &request.credential {
            Some(name) if !self.credentials.contains(name) => Err(beyond("http-client", "request", name)),
            _ => Ok(()),
        }
    }
}

/// Whether a destination is about a URL: everything below it if it ends with a slash, otherwise itself alone. A query is free.
fn holds(destination: &str, url: &str) -> bool {
    let path = url.split('?').next().unwrap_or_default();
    path == destination || destination.ends_with('/') && path.starts_with(destination)
}
