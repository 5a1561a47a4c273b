//! Where keys come from: a URL whose answer decides whose tokens count, so nobody on the way may be able to change it.

use std::{fmt, net::IpAddr};

/// An `https` URL, or an `http` one of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyUrl {
    text: String,
    loopback: bool,
}

/// Why a text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyUrl {
    /// Not a URL, or one that two readers could read differently.
    #[error("expected an https URL of plain ASCII, without a user and without a fragment")]
    Form,
    /// `http` to somewhere else.
    #[error("http is for this machine alone (localhost, 127.0.0.1, [::1]): on the way from elsewhere keys could be exchanged, so write https")]
    Insecure,
}

impl KeyUrl {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, InvalidKeyUrl> {
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}');
        let (scheme, rest) = text.split_once("://").filter(|_| text.bytes().all(plain)).ok_or(InvalidKeyUrl::Form)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let host = host(authority).ok_or(InvalidKeyUrl::Form)?;
        let loopback = host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match scheme {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(InvalidKeyUrl::Insecure),
            _ => return Err(InvalidKeyUrl::Form),
        }
        Ok(Self { text: text.to_owned(), loopback })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names this machine.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl fmt::Display for KeyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The host of `host`, `host:port`, `[address]` or `[address]:port`.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, rest) = rest.split_once(']')?;
            (address, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let port_is_one = port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok());
    let in_brackets = authority.starts_with('[');
    let host_is_one = !host.is_empty() && if in_brackets { host.parse::<IpAddr>().is_ok() } else { host.bytes().all(is_of_name) };
    (port_is_one && host_is_one).then_some(host)
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_goes_anywhere_and_http_stays_here() {
        for (text, loopback) in [
            ("https://idp.example/realms/corp", false),
            ("https://idp.example:8443/keys?tenant=a", false),
            ("https://[2001:db8::1]/keys", false),
            ("https://localhost/keys", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.2/keys", true),
            ("http://[::1]:8080/keys", true),
        ] {
            assert_eq!(KeyUrl::parse(text).map(|url| (url.to_string(), url.is_loopback())), Ok((text.to_owned(), loopback)));
        }
    }

    #[test]
    fn what_leads_elsewhere_than_it_seems_is_none() {
        for text in [
            "http://idp.example/",
            "http://10.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://localhost.evil.example/",
            "http://127.0.0.1.nip.example/",
        ] {
            assert_eq!(KeyUrl::parse(text), Err(InvalidKeyUrl::Insecure), "{text}");
        }
        for text in [
            "",
            "idp.example",
            "HTTPS://idp.example",
            "file:///etc/passwd",
            "https://",
            "https:///keys",
            "https://user:password@idp.example/",
            "https://idp.example/#fragment",
            "http://127.0.0.1\\@evil.example/",
            "http://127.0.0.1@evil.example/",
            "http://[::1]evil.example/",
            "http://[::1/",
            "https://idp.example:https/",
            "https://idp.example:99999/",
            "https://idp.exämple/",
            "https://idp.example/a b",
            "https://idp.example%2f@evil/",
            " https://idp.example/",
        ] {
            assert_eq!(KeyUrl::parse(text), Err(InvalidKeyUrl::Form), "{text:?}");
        }
    }
}
