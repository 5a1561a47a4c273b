//! Where an answer sends a request next, by the rules of browsers (Fetch Standard, 4.4 "HTTP-redirect fetch").

use http::{
    HeaderMap, HeaderName, Method, StatusCode,
    header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE, LOCATION, USER_AGENT},
};

use crate::{
    domain::outbound_url::{InvalidUrl, OutboundUrl},
    ports::http_client::OutboundRequest,
};

use super::is_redirect;

/// Redirects of one request that are followed.
pub(super) const MOST: usize = 5;

/// What describes a body, and goes with it.
const OF_A_BODY: [HeaderName; 4] = [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION, CONTENT_TYPE];

/// Headers that are nobody's secret; the others stay with the place for which they were written.
const PLAIN: [HeaderName; 4] = [ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, USER_AGENT];

/// Where the answer to this request leads; `None` if it leads nowhere, and is the answer.
pub(super) fn target(url: &OutboundUrl, status: StatusCode, headers: &HeaderMap) -> Option<Result<OutboundUrl, InvalidUrl>> {
    let location = headers.get(LOCATION).filter(|_| is_redirect(status))?;
    // What is no text leads to a path that holds its replacement, which is not what was meant; a browser guesses the same.
    Some(url.redirected(&String::from_utf8_lossy(location.as_bytes())))
}

/// The request that goes there.
pub(super) fn followed(request: OutboundRequest, status: StatusCode, url: OutboundUrl) -> OutboundRequest {
    let OutboundRequest { mut method, url: from, mut headers, mut body, credential } = request;
    let becomes_get = match status {
        StatusCode::SEE_OTHER => method != Method::HEAD,
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => method == Method::POST,
        _ => false,
    };
    if becomes_get {
        (method, body) = (Method::GET, None);
        for name in &OF_A_BODY {
            headers.remove(name);
        }
    }
    if !from.is_same_place(&url) {
        headers = headers.iter().filter(|(name, _)| PLAIN.contains(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
    }
    OutboundRequest { method, url, headers, body, credential }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn request(method: Method) -> OutboundRequest {
        let headers = [("content-type", "text/plain"), ("accept", "*/*"), ("prefer", "k")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        OutboundRequest { method, ..OutboundRequest::new("POST", "https://x/a", headers, Some(b"b".into()), None).unwrap() }
    }

    fn names(request: &OutboundRequest) -> Vec<&str> {
        let mut names: Vec<_> = request.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn methods_change_as_in_browsers() {
        let here = || OutboundUrl::parse("https://x/b").unwrap();
        for (status, method, next) in [
            (301, Method::POST, Method::GET),
            (302, Method::POST, Method::GET),
            (302, Method::PUT, Method::PUT),
            (303, Method::POST, Method::GET),
            (303, Method::PUT, Method::GET),
            (303, Method::HEAD, Method::HEAD),
            (307, Method::POST, Method::POST),
            (308, Method::DELETE, Method::DELETE),
        ] {
            let changed = next == Method::GET;
            let followed = followed(request(method), StatusCode::from_u16(status).unwrap(), here());
            assert_eq!((&followed.method, followed.body.is_none()), (&next, changed), "{status}");
            let kept: &[&str] = if changed { &["accept", "prefer"] } else { &["accept", "content-type", "prefer"] };
            assert_eq!(names(&followed), kept);
        }
    }

    #[test]
    fn elsewhere_only_plain_headers_go_along() {
        for url in ["https://y/a", "http://x/a", "https://x:8443/a"] {
            let followed = followed(request(Method::GET), StatusCode::FOUND, OutboundUrl::parse(url).unwrap());
            assert_eq!(names(&followed), ["accept", "content-type"], "{url}");
        }
    }

    #[test]
    fn only_a_redirect_with_a_place_leads_somewhere() {
        let from = OutboundUrl::parse("https://x/a").unwrap();
        let headers = |location: &str| [(LOCATION, HeaderValue::from_str(location).unwrap())].into_iter().collect::<HeaderMap>();
        let to = |status, headers: &HeaderMap| target(&from, StatusCode::from_u16(status).unwrap(), headers).map(|url| url.unwrap().to_string());
        assert_eq!(to(302, &headers("/b")), Some("https://x/b".into()));
        assert_eq!(to(304, &headers("/b")), None);
        assert_eq!(to(201, &headers("/b")), None);
        assert_eq!(to(302, &HeaderMap::new()), None);
    }
}
