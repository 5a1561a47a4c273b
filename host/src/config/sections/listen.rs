//! `stagedoor.listen`.

use std::{
    borrow::Cow,
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::field::Field;

const EXPECTED: &str = "host:port, such as 127.0.0.1:7107, or 0.0.0.0:7107 for every interface";

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAddress {
    /// A host name or an IP address; an IPv6 address without its brackets.
    pub host: String,
    /// The port; with 0 the system chooses one.
    pub port: u16,
}

impl ListenAddress {
    /// Whether only this machine can connect.
    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    }

    pub(super) fn read(field: &Field<'_>) -> Option<Self> {
        let text = field.string(EXPECTED)?;
        if text.starts_with("unix:") {
            return field.error("unix sockets are not supported yet: write host:port, such as 127.0.0.1:7107");
        }
        Self::parse(text).or_else(|| field.expected_shown(EXPECTED))
    }

    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = match host.strip_prefix('[') {
            Some(bracketed) => bracketed.strip_suffix(']').filter(|host| host.parse::<Ipv6Addr>().is_ok())?,
            None => Some(host).filter(|host| is_host(host))?,
        };
        // `parse` alone would take `+80`.
        let port = port.bytes().all(|byte| byte.is_ascii_digit()).then_some(port)?.parse().ok()?;
        Some(Self { host: host.into(), port })
    }
}

/// The letters of host names and IPv4 addresses; whether there is such a host shows when it is bound.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

impl Default for ListenAddress {
    fn default() -> Self {
        Self { host: "127.0.0.1".into(), port: 7107 }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port } = self;
        if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
    }
}

impl JsonSchema for ListenAddress {
    fn schema_name() -> Cow<'static, str> {
        "ListenAddress".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^.+:[0-9]+$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{faults, loaded};

    #[test]
    fn a_host_and_a_port() {
        for (text, host, port) in [
            ("127.0.0.1:7107", "127.0.0.1", 7107),
            ("0.0.0.0:80", "0.0.0.0", 80),
            ("localhost:0", "localhost", 0),
            ("[::1]:7107", "::1", 7107),
            ("[::]:65535", "::", 65535),
            ("door.example.org:7107", "door.example.org", 7107),
        ] {
            let address = ListenAddress::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((address.host.as_str(), address.port), (host, port));
            assert_eq!(address.to_string(), text);
        }
        for text in [
            "",
            "7107",
            ":7107",
            "127.0.0.1",
            "127.0.0.1:",
            "127.0.0.1:x",
            "127.0.0.1:65536",
            "127.0.0.1:+80",
            "::1:7107",
            "[::1]",
            "[x]:1",
            "a b:1",
            "http://x:1",
        ] {
            assert_eq!(ListenAddress::parse(text), None, "{text}");
        }
    }

    #[test]
    fn anything_else_is_a_fault_that_shows_how_to_write_it() {
        assert_eq!(loaded("{}").stagedoor.listen.to_string(), "127.0.0.1:7107");
        insta::assert_snapshot!(faults("stagedoor: { listen: ':7107' }"), @r#"app-config.yaml: stagedoor.listen: expected host:port, such as 127.0.0.1:7107, or 0.0.0.0:7107 for every interface, got ":7107""#);
        insta::assert_snapshot!(faults("stagedoor: { listen: 7107 }"), @"app-config.yaml: stagedoor.listen: expected host:port, such as 127.0.0.1:7107, or 0.0.0.0:7107 for every interface, got a number");
        insta::assert_snapshot!(faults("stagedoor: { listen: 'unix:/run/stagedoor.sock' }"), @"app-config.yaml: stagedoor.listen: unix sockets are not supported yet: write host:port, such as 127.0.0.1:7107");
    }
}
