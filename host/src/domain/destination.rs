//! A place that requests of a component may go to: scheme, host, port, the beginning of the path, and methods.
//!
//! A path that ends with a slash stands for everything below it, any other for itself alone. A query is free. `http` is allowed only where it was
//! written.

use std::fmt;

use super::{
    address,
    outbound_url::{InvalidUrl, OutboundUrl},
};

/// The methods that can be allowed; `CONNECT` and `TRACE` are for proxies.
const METHODS: [&str; 7] = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

/// A place that the operator allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    url: OutboundUrl,
    methods: Vec<String>,
}

/// Why a text names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDestination {
    /// The URL names none.
    #[error("the URL {0}")]
    Url(String),
    /// There is no such method.
    #[error("{0:?} is no method that can be allowed; those are {list}", list = METHODS.join(", "))]
    Method(String),
}

/// By which rule a request may not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Beyond {
    /// Nothing is allowed there.
    #[error("{0} is none of the destinations")]
    Place(String),
    /// Other paths are.
    #[error("the path is not within the destinations at {0}")]
    Path(String),
    /// Other methods are.
    #[error("{method} is none of the methods for this path at {place}")]
    Method {
        /// The method.
        method: String,
        /// Scheme, host and port.
        place: String,
    },
}

impl Destination {
    /// Reads one. Refuses what could never be contacted.
    pub fn new(url: &str, methods: Vec<String>) -> Result<Self, InvalidDestination> {
        let invalid = |why: &str| Err(InvalidDestination::Url(why.to_owned()));
        if url.contains('*') {
            return invalid("holds a wildcard; write each place");
        }
        let url = OutboundUrl::parse(url).map_err(|error: InvalidUrl| InvalidDestination::Url(error.to_string()))?;
        if url.has_query() {
            return invalid("has a query, which is always free: write it without");
        }
        if let Some(rule) = url.address().and_then(address::never_contacted) {
            return invalid(&format!("leads to {}, {rule}, which is never contacted", url.host()));
        }
        match methods.iter().find(|method| !METHODS.contains(&method.as_str())) {
            Some(method) => Err(InvalidDestination::Method(method.clone())),
            None => Ok(Self { url, methods }),
        }
    }

    /// Whether a request with this method may go to this URL.
    pub fn allows(&self, method: &str, url: &OutboundUrl) -> bool {
        self.url.is_same_place(url) && self.holds(url.path()) && self.has(method)
    }

    /// The URL as it is compared.
    pub fn url(&self) -> &OutboundUrl {
        &self.url
    }

    fn holds(&self, path: &str) -> bool {
        let allowed = self.url.path();
        path == allowed || allowed.ends_with('/') && path.starts_with(allowed)
    }

    fn has(&self, method: &str) -> bool {
        self.methods.iter().any(|allowed| allowed == method)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.methods.join(","), self.url)
    }
}

/// Whether one of these places allows the request; if none does, by which rule not.
pub fn check(destinations: &[Destination], method: &str, url: &OutboundUrl) -> Result<(), Beyond> {
    let here: Vec<_> = destinations.iter().filter(|destination| destination.url.is_same_place(url)).collect();
    if here.is_empty() {
        return Err(Beyond::Place(url.place()));
    }
    let mut on_path = here.iter().filter(|destination| destination.holds(url.path())).peekable();
    if on_path.peek().is_none() {
        return Err(Beyond::Path(url.place()));
    }
    if on_path.any(|destination| destination.has(method)) {
        return Ok(());
    }
    Err(Beyond::Method { method: method.to_owned(), place: url.place() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destination(url: &str) -> Destination {
        Destination::new(url, vec!["GET".into(), "POST".into()]).unwrap()
    }

    fn allows(destination_url: &str, url: &str) -> bool {
        destination(destination_url).allows("GET", &OutboundUrl::parse(url).unwrap())
    }

    #[test]
    fn the_place_is_compared_as_a_whole() {
        let allowed = "https://api.example.com/";
        assert!(allows(allowed, "https://api.example.com/any/thing?q=1"));
        assert!(allows(allowed, "https://API.example.com:443"), "case and the port of the scheme say nothing");
        for other in [
            "http://api.example.com/",
            "https://api.example.com:8443/",
            "https://api.example.com.evil.example/",
            "https://evil-api.example.com/",
            "https://example.com/",
            "https://api.example.com./",
        ] {
            assert!(!allows(allowed, other), "{other}");
        }
        assert!(allows("http://127.0.0.1:8080/", "http://127.0.0.1:8080/x"));
        assert!(!allows("http://127.0.0.1:8080/", "http://[::ffff:127.0.0.1]:8080/x"));
    }

    #[test]
    fn a_path_stands_for_itself_or_with_a_slash_for_what_is_below() {
        let below = "https://x/orgs/";
        assert!(allows(below, "https://x/orgs/") && allows(below, "https://x/orgs/a/b"));
        for other in ["https://x/orgs", "https://x/orgsx/a", "https://x/Orgs/a", "https://x/%6frgs/a", "https://x/admin", "https://x/"] {
            assert!(!allows(below, other), "{other}");
        }
        let alone = "https://x/v1/me";
        assert!(allows(alone, "https://x/v1/me?select=id"));
        for other in ["https://x/v1/me/", "https://x/v1/me/memberOf", "https://x/v1/menu", "https://x/v1"] {
            assert!(!allows(alone, other), "{other}");
        }
    }

    #[test]
    fn a_refusal_says_by_which_rule() {
        let destinations = [destination("https://x/orgs/"), Destination::new("https://x/me", vec!["PUT".into()]).unwrap()];
        let refused = |method: &str, url: &str| check(&destinations, method, &OutboundUrl::parse(url).unwrap()).unwrap_err().to_string();
        assert_eq!(refused("GET", "https://y/orgs/"), "https://y:443 is none of the destinations");
        assert_eq!(refused("GET", "http://x/orgs/"), "http://x:80 is none of the destinations");
        assert_eq!(refused("GET", "https://x/admin"), "the path is not within the destinations at https://x:443");
        assert_eq!(refused("GET", "https://x/me"), "GET is none of the methods for this path at https://x:443");
        assert_eq!(refused("get", "https://x/orgs/a"), "get is none of the methods for this path at https://x:443");
        assert_eq!(check(&destinations, "PUT", &OutboundUrl::parse("https://x/me").unwrap()), Ok(()));
    }

    #[test]
    fn what_can_be_no_destination_is_refused() {
        for (url, why) in [
            ("api.example.com", "the URL does not begin with http:// or https://"),
            ("https://*.example.com/", "the URL holds a wildcard; write each place"),
            ("https://x/orgs/*", "the URL holds a wildcard; write each place"),
            ("https://x/?q=1", "the URL has a query, which is always free: write it without"),
            ("https://user@x/", "the URL names a user"),
            ("https://x/#f", "the URL has a fragment, which is never sent"),
            ("https://x/a/../b", "the URL has a segment of dots in its path"),
            ("http://169.254.169.254/", "the URL leads to 169.254.169.254, a link-local address, which is never contacted"),
            ("http://[::ffff:169.254.169.254]/", "the URL leads to [::ffff:a9fe:a9fe], a link-local address, which is never contacted"),
            ("http://0.0.0.0/", "the URL leads to 0.0.0.0, an unspecified address, which is never contacted"),
        ] {
            assert_eq!(Destination::new(url, vec!["GET".into()]).unwrap_err().to_string(), why, "{url}");
        }
        for method in ["get", "TRACE", "CONNECT", "GET ", "*", ""] {
            let error = Destination::new("https://x/", vec![method.into()]).unwrap_err().to_string();
            assert_eq!(error, format!("{method:?} is no method that can be allowed; those are GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"));
        }
    }
}
