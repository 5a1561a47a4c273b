//! The URL of a request that a component makes, or that an operator allows: parsed once, and what was parsed is what is compared and sent.
//!
//! It is refused where two readers could understand two things by it: users, backslashes, addresses in other spellings, dots and slashes that are
//! encoded, however often. So a path that begins like an allowed one stays below it on the other side too.

#[cfg(test)]
mod tests;

use std::{fmt, net::IpAddr};

use url::{Host, Url};

/// Bytes of a URL; servers take about as many.
const MAX_BYTES: usize = 8192;

/// How often a path may be encoded over and over; each time costs a look at it.
const MOST_ENCODINGS: usize = 3;

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
        Some(Host::Domain(name)) if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')) => {
            invalid("has a host that is no name")
        }
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
    for _ in 0..=MOST_ENCODINGS {
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
    invalid("has a path that is encoded too many times")
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
