//! The URL of a request that a component makes, or that an operator allows: parsed once, and what was parsed is what is compared and sent.
//!
//! It is refused where two readers could understand two things by it: users, backslashes, addresses in other spellings, dots and slashes that are
//! encoded, however often. So a path that begins like an allowed one stays below it on the other side too.

use std::{fmt, net::IpAddr};

use url::{Host, Url};

/// Bytes of a URL; servers take about as many.
const MAX_BYTES: usize = 8192;

/// Bytes of a host's name (RFC 1035, 2.3.4).
const MAX_HOST_BYTES: usize = 253;

/// A URL over `http` or `https` that means one thing only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundUrl(Url);

/// Why a text is no such URL; it follows on "the URL".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidUrl(String);

impl OutboundUrl {
    /// Reads one. What a browser would put right is refused.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        if text.len() > MAX_BYTES {
            return invalid(format!("has more than {MAX_BYTES} bytes"));
        }
        check_characters(text)?;
        let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
            return invalid("does not begin with http:// or https://");
        };
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return invalid("names a user");
        }
        if rest.contains('#') {
            return invalid("has a fragment, which is never sent");
        }
        check_path(rest.split('?').next().unwrap_or_default())?;
        let url = Url::parse(text).or_else(|error| invalid(format!("is none: {error}")))?;
        check_host(&url, authority)?;
        Ok(Self(url))
    }

    /// Where an answer to this one sends us: relative to it, without a fragment.
    pub fn redirected(&self, location: &str) -> Result<Self, InvalidUrl> {
        check_characters(location)?;
        let mut url = self.0.join(location).or_else(|error| invalid(format!("is none: {error}")))?;
        url.set_fragment(None);
        Self::parse(url.as_str())
    }

    /// The host as it is compared: lower-case, in ASCII, an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The address, where no name stands.
    pub fn address(&self) -> Option<IpAddr> {
        match self.0.host()? {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
        }
    }

    /// The port, also where it is that of the scheme.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// The path, as it is sent.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// Whether it has a query.
    pub fn has_query(&self) -> bool {
        self.0.query().is_some()
    }

    /// Whether both have the same scheme, host and port.
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }

    /// Whether what is sent there stays secret on the way: it is encrypted, or it does not leave this machine.
    pub fn is_private(&self) -> bool {
        let is_here = self.address().map_or(self.host() == "localhost", |address| address.to_canonical().is_loopback());
        self.0.scheme() == "https" || is_here
    }

    /// Scheme, host and port, for the log: a path and a query may hold what nobody should read.
    pub fn place(&self) -> String {
        format!("{}://{}:{}", self.0.scheme(), self.host(), self.port())
    }

    /// For whoever sends it.
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

/// As it is sent.
impl fmt::Display for OutboundUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn check_characters(text: &str) -> Result<(), InvalidUrl> {
    match text.chars().find(|c| c.is_control() || c.is_whitespace() || *c == '\\') {
        Some('\\') => invalid("holds a backslash"),
        Some(_) => invalid("holds a blank or a control character"),
        None => Ok(()),
    }
}

/// An address in decimal, octal or hexadecimal, cut short, in digits of other scripts or encoded is still the same address to some, and none to others.
fn check_host(url: &Url, authority: &str) -> Result<(), InvalidUrl> {
    if authority.contains('%') {
        return invalid("has an encoded host");
    }
    match url.host() {
        Some(Host::Ipv4(address)) if authority.split(':').next() != Some(&address.to_string()) => {
            invalid(format!("spells the address {address} in another way"))
        }
        Some(Host::Domain(name)) if name.len() > MAX_HOST_BYTES => invalid("has a host that is too long"),
        Some(_) => Ok(()),
        None => invalid("has no host"),
    }
}

fn check_path(path: &str) -> Result<(), InvalidUrl> {
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        if segment.is_empty() && segments.peek().is_some() {
            return invalid("has an empty segment in its path");
        }
        check_segment(segment)?;
    }
    Ok(())
}

/// Some servers decode twice, and some cut off what follows a semicolon before they look for dots.
fn check_segment(segment: &str) -> Result<(), InvalidUrl> {
    let mut segment = segment.as_bytes().to_vec();
    loop {
        if segment.iter().any(|byte| matches!(byte, b'/' | b'\\')) {
            return invalid("has an encoded slash in its path");
        }
        if segment.iter().any(u8::is_ascii_control) {
            return invalid("has an encoded control character in its path");
        }
        if matches!(segment.split(|byte| *byte == b';').next(), Some(b"." | b"..")) {
            return invalid("has a segment of dots in its path");
        }
        let decoded = decoded(&segment);
        if decoded == segment {
            return Ok(());
        }
        segment = decoded;
    }
}

/// With each `%` and its two digits replaced by their byte.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (mut decoded, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((first, others)) = rest.split_first() {
        let byte = match others {
            [high, low, ..] if *first == b'%' => digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        decoded.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &others[2..] } else { others };
    }
    decoded
}

fn invalid<T>(why: impl Into<String>) -> Result<T, InvalidUrl> {
    Err(InvalidUrl(why.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        OutboundUrl::parse(text).map(|url| url.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn what_means_one_thing_is_read() {
        for (text, place, path) in [
            ("https://Api.Example.com", "https://api.example.com:443", "/"),
            ("https://api.example.com:8443/v1/users?q=../x%2f&at=a@b", "https://api.example.com:8443", "/v1/users"),
            ("http://127.0.0.1:80/a.b/...", "http://127.0.0.1:80", "/a.b/..."),
            ("http://[::ffff:127.0.0.1]:7/x/", "http://[::ffff:7f00:1]:7", "/x/"),
            ("https://bücher.example/%C3%BC%25", "https://xn--bcher-kva.example:443", "/%C3%BC%25"),
        ] {
            let url = OutboundUrl::parse(text).unwrap();
            assert_eq!((url.place().as_str(), url.path()), (place, path));
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        for (text, why) in [
            ("ftp://x/", "does not begin with http:// or https://"),
            ("https:/x/", "does not begin with http:// or https://"),
            ("//x/", "does not begin with http:// or https://"),
            ("", "does not begin with http:// or https://"),
            ("https://", "is none: empty host"),
            ("https://x:99999/", "is none: invalid port number"),
            (" https://x/", "holds a blank or a control character"),
            ("https://x/a\tb", "holds a blank or a control character"),
            ("https://x/\r\nhost: y", "holds a blank or a control character"),
            ("https://x\\@y/", "holds a backslash"),
            ("https://user@x/", "names a user"),
            ("https://@x/", "names a user"),
            ("https://a:b@x/", "names a user"),
            ("https://x/#f", "has a fragment, which is never sent"),
            ("https://x#@y/", "has a fragment, which is never sent"),
            ("https://ex%61mple.com/", "has an encoded host"),
            ("http://2130706433/", "spells the address 127.0.0.1 in another way"),
            ("http://0x7f.1/", "spells the address 127.0.0.1 in another way"),
            ("http://0177.0.0.1/", "spells the address 127.0.0.1 in another way"),
            ("http://127.1/", "spells the address 127.0.0.1 in another way"),
            ("http://127.0.0.1./", "spells the address 127.0.0.1 in another way"),
            ("http://１２７.0.0.1/", "spells the address 127.0.0.1 in another way"),
            ("https://x/orgs/../admin", "has a segment of dots in its path"),
            ("https://x/orgs/..", "has a segment of dots in its path"),
            ("https://x/orgs/./a", "has a segment of dots in its path"),
            ("https://x/orgs/%2e%2E/admin", "has a segment of dots in its path"),
            ("https://x/orgs/.%2e", "has a segment of dots in its path"),
            ("https://x/orgs/%252e%252e/admin", "has a segment of dots in its path"),
            ("https://x/orgs/..;a=b/admin", "has a segment of dots in its path"),
            ("https://x/orgs/..%3b/admin", "has a segment of dots in its path"),
            ("https://x/orgs%2fadmin", "has an encoded slash in its path"),
            ("https://x/orgs%5Cadmin", "has an encoded slash in its path"),
            ("https://x/orgs%25252fadmin", "has an encoded slash in its path"),
            ("https://x/orgs%00", "has an encoded control character in its path"),
            ("https://x/orgs/%0d%0a", "has an encoded control character in its path"),
            ("https://x//admin", "has an empty segment in its path"),
            ("https://x/orgs//admin", "has an empty segment in its path"),
        ] {
            assert_eq!(refused(text), why, "{text}");
        }
        assert_eq!(refused(&format!("https://x/{}", "a".repeat(8192))), "has more than 8192 bytes");
        assert_eq!(refused(&format!("https://{}/", "a".repeat(254))), "has a host that is too long");
    }

    #[test]
    fn a_redirect_is_relative_and_checked_again() {
        let from = OutboundUrl::parse("https://x/orgs/a?b").unwrap();
        let to = |location: &str| from.redirected(location).map(|url| url.to_string()).map_err(|error| error.to_string());
        assert_eq!(to("b#f"), Ok("https://x/orgs/b".into()));
        assert_eq!(to("../admin"), Ok("https://x/admin".into()), "where it leads is what is compared");
        assert_eq!(to("//y/z"), Ok("https://y/z".into()));
        assert_eq!(to("http://0x7f.1/"), Ok("http://127.0.0.1/".into()), "an answer may spell it as it likes: the address is what is compared");
        for (location, why) in [
            ("https://user@y/", "names a user"),
            ("\\\\y/", "holds a backslash"),
            ("/a%2fb", "has an encoded slash in its path"),
            ("file:///etc/passwd", "does not begin with http:// or https://"),
            ("javascript:alert(1)", "does not begin with http:// or https://"),
            ("https://[", "is none: invalid IPv6 address"),
        ] {
            assert_eq!(to(location), Err(why.into()), "{location}");
        }
    }

    #[test]
    fn secrets_travel_encrypted_or_not_at_all() {
        for (text, private) in [
            ("https://x/", true),
            ("http://localhost:1/", true),
            ("http://127.0.0.9/", true),
            ("http://[::1]/", true),
            ("http://x/", false),
            ("http://10.0.0.1/", false),
            ("http://localhost.example/", false),
        ] {
            assert_eq!(OutboundUrl::parse(text).unwrap().is_private(), private, "{text}");
        }
    }
}
