//! The one HTTP client of this server.
//!
//! Guarantees: no proxy of the environment, no redirect that is followed, no cookie, no answer beyond the limit of its body or of time,
//! whatever it says about its length. Connections are kept and reused. Errors hold no URL and no header, so they may be logged.

mod error;

use std::time::Duration;

use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH},
};
use reqwest::{Client, RequestBuilder, Response, redirect::Policy, retry};

pub(crate) use self::error::HttpError;

/// How long a connection may rest. Node closes one after 5 s: whoever waits longer finds it closed in the middle of a request.
const IDLE: Duration = Duration::from_secs(4);

/// Connections that may rest at once; more are opened under load, and closed afterwards.
const IDLE_CONNECTIONS: usize = 128;

/// Bytes that are set aside before any has come.
const FIRST_BUFFER: usize = 64 * 1024;

/// What one call may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallLimits {
    /// The time for all of it: name, connection, answer, a second try.
    pub(crate) timeout: Duration,
    /// The bytes of the body.
    pub(crate) body: usize,
}

/// Calls other systems.
#[derive(Debug)]
pub(crate) struct HttpClient {
    pooled: Client,
    /// Keeps no connection, so each of its calls has a new one.
    fresh: Client,
    limits: CallLimits,
}

/// An answer as a whole; redirects are errors.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    /// The status, none of those that redirect.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl HttpClient {
    /// A client with these limits. Fails if the certificates of this machine cannot be used (`SSL_CERT_FILE` and `SSL_CERT_DIR` name others).
    pub(crate) fn new(limits: CallLimits) -> Result<Self, HttpError> {
        let client = |idle_connections| {
            let builder = Client::builder().no_proxy().redirect(Policy::none()).referer(false).http1_only();
            let builder = builder.user_agent(concat!("stagedoor/", env!("CARGO_PKG_VERSION"))).connect_timeout(limits.timeout);
            // The library's own would copy each request, for refusals that HTTP/1 does not know.
            let builder = builder.retry(retry::never());
            builder.pool_idle_timeout(IDLE).pool_max_idle_per_host(idle_connections).build().map_err(HttpError::client)
        };
        Ok(Self { pooled: client(IDLE_CONNECTIONS)?, fresh: client(0)?, limits })
    }

    /// A GET. If its connection breaks before the answer begins, which happens to one that has rested, it is sent once more on a new one.
    pub(crate) async fn get(&self, url: &str, authorization: Option<HeaderValue>) -> Result<HttpAnswer, HttpError> {
        self.call(|client| with(client.get(url), AUTHORIZATION, authorization.as_ref())).await
    }

    /// A GET of what is known in this edition already: the status is 304 if it is still the current one.
    pub(crate) async fn get_unless(&self, url: &str, etag: Option<&HeaderValue>) -> Result<HttpAnswer, HttpError> {
        self.call(|client| with(client.get(url), IF_NONE_MATCH, etag)).await
    }

    /// A POST of JSON that only asks: like a GET it is sent once more if its connection breaks.
    pub(crate) async fn post_json(&self, url: &str, authorization: Option<HeaderValue>, body: String) -> Result<HttpAnswer, HttpError> {
        let json = HeaderValue::from_static("application/json");
        let request = |client: &Client| with(client.post(url), AUTHORIZATION, authorization.as_ref()).header(CONTENT_TYPE, &json).body(body.clone());
        self.call(request).await
    }

    async fn call(&self, request: impl Fn(&Client) -> RequestBuilder) -> Result<HttpAnswer, HttpError> {
        let call = async {
            match self.send(request(&self.pooled)).await {
                Err(HttpError::Broken(_)) => self.send(request(&self.fresh)).await,
                result => result,
            }
        };
        tokio::time::timeout(self.limits.timeout, call).await.unwrap_or(Err(HttpError::Timeout(self.limits.timeout)))
    }

    async fn send(&self, request: RequestBuilder) -> Result<HttpAnswer, HttpError> {
        let mut response = request.send().await.map_err(|error| HttpError::sending(error, self.limits.timeout))?;
        if is_redirect(response.status()) {
            return Err(HttpError::Redirect(response.status()));
        }
        let body = self.body(&mut response).await?;
        Ok(HttpAnswer { status: response.status(), headers: std::mem::take(response.headers_mut()), body })
    }

    async fn body(&self, response: &mut Response) -> Result<Vec<u8>, HttpError> {
        let announced = response.content_length().map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
        if announced > self.limits.body {
            return Err(HttpError::BodyTooLarge(self.limits.body));
        }
        // What is announced is believed up to a point.
        let mut body = Vec::with_capacity(announced.min(FIRST_BUFFER));
        // What is left counts down: where nothing is, there is no need to be woken once more for the end.
        while response.content_length() != Some(0) {
            let Some(chunk) = response.chunk().await.map_err(HttpError::body)? else { break };
            if body.len() + chunk.len() > self.limits.body {
                return Err(HttpError::BodyTooLarge(self.limits.body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

fn with(request: RequestBuilder, name: HeaderName, value: Option<&HeaderValue>) -> RequestBuilder {
    match value {
        Some(value) => request.header(name, value),
        None => request,
    }
}

/// Whether a client is told to ask elsewhere.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
