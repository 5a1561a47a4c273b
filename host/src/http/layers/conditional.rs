//! `If-None-Match`: an answer that the client has already is 304, without a body.
//!
//! The rules are express's (`req.fresh` and the package `fresh`): only for GET and HEAD, only in place of a 2xx, not if the client asks for
//! `no-cache`; `If-Modified-Since` makes an answer stale, since none here says when it was modified.

use axum::{body::Body, extract::Request, response::Response};
use http::{
    HeaderMap, Method, StatusCode,
    header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, VARY},
};

use crate::http::joined::joined;

/// What a client has already.
pub(super) struct Conditions(Vec<u8>);

impl Conditions {
    /// Those of a request that may be answered with 304.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let headers = request.headers();
        let tags = joined(headers, &IF_NONE_MATCH).filter(|tags| !tags.is_empty())?;
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let since = joined(headers, &IF_MODIFIED_SINCE).is_some_and(|since| !since.is_empty());
        let may_be_old = reads && !since && !wants_fresh(headers);
        may_be_old.then(|| Self(tags.into_owned()))
    }

    /// The answer, or 304 in its place.
    pub(super) fn apply(&self, mut response: Response) -> Response {
        let known = response.status().is_success() && response.headers().get(ETAG).is_some_and(|etag| self.names(etag.as_bytes()));
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Body::empty();
            for of_the_body in [CONTENT_TYPE, CONTENT_LENGTH, VARY] {
                response.headers_mut().remove(of_the_body);
            }
        }
        response
    }

    fn names(&self, etag: &[u8]) -> bool {
        let same = |tag: &[u8]| tag == etag || tag.strip_prefix(b"W/") == Some(etag) || etag.strip_prefix(b"W/") == Some(tag);
        self.0 == b"*" || self.0.split(|byte| *byte == b',').map(trimmed).any(same)
    }
}

/// Whether `no-cache` stands in `Cache-Control`.
fn wants_fresh(headers: &HeaderMap) -> bool {
    let directives = joined(headers, &CACHE_CONTROL);
    directives.is_some_and(|directives| directives.split(|byte| *byte == b',').any(|directive| directive.trim_ascii() == b"no-cache"))
}

/// Without the blanks at both ends.
fn trimmed(mut tag: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = tag {
        tag = rest;
    }
    tag
}
