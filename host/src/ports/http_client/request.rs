//! From what a component wrote to a request that can be sent: the rules that need no network, the same for whoever sends it.
//!
//! What would say something to the connection, or to a server about who is asking, is the host's to say.

use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::domain::{
    destination::{self, Beyond},
    grant::HttpBounds,
    outbound_url::OutboundUrl,
};

/// Bytes of the name of a credential.
const MOST_NAME_BYTES: usize = 128;

/// Headers of one request.
const MOST_HEADERS: usize = 64;

/// Bytes of their names and values.
const MOST_HEADER_BYTES: usize = 16 * 1024;

/// What a component may set. Any other could be a credential, say who is asking or which method is meant to some server, or change how an answer is
/// written so that nobody finds in it what is to be masked.
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

/// A request that makes sense; whether it is within bounds is asked with [`check`](Self::check).
pub struct OutboundRequest {
    pub(crate) method: Method,
    pub(crate) url: OutboundUrl,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
    /// The name of a credential below `stagedoor.credentials`.
    pub(crate) credential: Option<String>,
}

/// Why a request makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SenselessRequest {
    /// A rule, without a word of what the component wrote.
    #[error("{0}")]
    Rule(String),
    /// A header that is not the component's to set: its name as the component wrote it, to be quoted with care.
    #[error("a component sets no header {0}, but only {allowed}; a credential is filled in by the host", allowed = ALLOWED.join(", "))]
    Header(String),
}

impl From<String> for SenselessRequest {
    fn from(rule: String) -> Self {
        Self::Rule(rule)
    }
}

impl From<&str> for SenselessRequest {
    fn from(rule: &str) -> Self {
        Self::Rule(rule.to_owned())
    }
}

/// By which rule a request is out of bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutOfBounds {
    /// Its place or its method.
    #[error(transparent)]
    Destination(#[from] Beyond),
    /// Its credential.
    #[error("{0:?} is none of the credentials")]
    Credential(String),
}

impl OutboundRequest {
    /// Reads what a component wrote: method, URL, headers, body, and the name of a credential.
    pub fn new(
        method: &str,
        url: &str,
        headers: Vec<(String, String)>,
        body: Option<Vec<u8>>,
        credential: Option<String>,
    ) -> Result<Self, SenselessRequest> {
        let is_method = (1..=16).contains(&method.len()) && method.bytes().all(|byte| byte.is_ascii_uppercase());
        let method = Method::from_bytes(method.as_bytes()).ok().filter(|_| is_method).ok_or("the method is no word in upper case")?;
        if body.is_some() && matches!(method, Method::GET | Method::HEAD) {
            return Err(format!("a {method} has no body").into());
        }
        if credential.as_ref().is_some_and(|name| name.len() > MOST_NAME_BYTES) {
            return Err("the name of its credential is none".into());
        }
        let url = OutboundUrl::parse(url).map_err(|error| format!("the URL {error}"))?;
        Ok(Self { method, url, headers: checked(headers)?, body, credential })
    }

    /// Whether it may be made. Redirects are to be checked again, and so is where a credential may go.
    pub fn check(&self, bounds: &HttpBounds) -> Result<(), OutOfBounds> {
        destination::check(&bounds.destinations, self.method.as_str(), &self.url)?;
        match &self.credential {
            Some(name) if !bounds.credentials.contains(name) => Err(OutOfBounds::Credential(name.clone())),
            _ => Ok(()),
        }
    }
}

fn checked(headers: Vec<(String, String)>) -> Result<HeaderMap, SenselessRequest> {
    if headers.len() > MOST_HEADERS {
        return Err(format!("it has more than {MOST_HEADERS} headers").into());
    }
    if headers.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > MOST_HEADER_BYTES {
        return Err(format!("its headers have more than {MOST_HEADER_BYTES} bytes").into());
    }
    headers.into_iter().map(header).collect()
}

fn header((written, value): (String, String)) -> Result<(HeaderName, HeaderValue), SenselessRequest> {
    let name = HeaderName::try_from(&written).map_err(|_| "a header has a name that none can have")?;
    if !ALLOWED.contains(&name.as_str()) {
        return Err(SenselessRequest::Header(written));
    }
    let is_text = value.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
    let value = HeaderValue::try_from(value).ok().filter(|_| is_text).ok_or_else(|| format!("the value of the header {name} is no line of ASCII"))?;
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Result<OutboundRequest, SenselessRequest> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        OutboundRequest::new(method, "https://x/", headers, body.map(Into::into), None)
    }

    fn refused(method: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> String {
        request(method, headers, body).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn what_makes_sense_is_taken() {
        let hop = request("POST", &[("Accept", "1"), ("accept", "2\t3"), ("Content-Type", "text/plain")], Some(b"b")).unwrap();
        assert_eq!((hop.method, hop.headers.len(), hop.body), (Method::POST, 3, Some(b"b".into())));
        assert!(request("GET", &[], None).is_ok() && request("DELETE", &[], Some(b"")).is_ok());
    }

    #[test]
    fn what_makes_none_is_refused() {
        for method in ["", "get", "GET ", "G\r\nET", "ÄGET", "AAAAAAAAAAAAAAAAA"] {
            assert_eq!(refused(method, &[], None), "the method is no word in upper case", "{method}");
        }
        assert_eq!(refused("GET", &[], Some(b"")), "a GET has no body");
        for name in ["", "a b", "a:b", "a\r\nb", "ä", "a\0"] {
            assert_eq!(refused("GET", &[(name, "1")], None), "a header has a name that none can have", "{name:?}");
        }
        for value in ["a\r\nhost: y", "a\nb", "a\rb", "a\0b", "\u{7f}", "ä"] {
            assert_eq!(refused("GET", &[("accept", value)], None), "the value of the header accept is no line of ASCII", "{value:?}");
        }
        let long = OutboundRequest::new("GET", "https://x/", vec![], None, Some("a".repeat(129)));
        assert_eq!(long.map(drop).unwrap_err().to_string(), "the name of its credential is none");
        let many = vec![("accept", "1"); 65];
        assert_eq!(refused("GET", &many, None), "it has more than 64 headers");
        assert_eq!(refused("GET", &[("accept", &"1".repeat(16 * 1024))], None), "its headers have more than 16384 bytes");
    }

    #[test]
    fn headers_are_the_listed_ones_and_no_others() {
        for name in ALLOWED {
            assert!(request("GET", &[(&name.to_uppercase(), "1")], None).is_ok(), "{name}");
        }
        for name in [
            "Host",
            "authorization",
            "Cookie",
            "Private-Token",
            "X-Api-Key",
            "proxy-authorization",
            "TE",
            "Connection",
            "Transfer_Encoding",
            "X-Forwarded-User",
            "x_forwarded_user",
            "x-auth-request-email",
            "Impersonate-User",
            "Remote-User",
            "X-Remote-User",
            "X-WebAuth-User",
            "X-Goog-Authenticated-User-Email",
            "X-MS-Client-Principal-Name",
            "X-Amzn-Oidc-Data",
            "X-HTTP-Method",
            "X-HTTP-Method-Override",
            "X-Method-Override",
            "Accept-Encoding",
            "Range",
            "If-Range",
            "content_type",
            "x-anything",
        ] {
            let refusal = refused("GET", &[(name, "1")], None);
            assert!(refusal.starts_with(&format!("a component sets no header {name}, but only accept, accept-language, ")), "{refusal}");
        }
    }
}
