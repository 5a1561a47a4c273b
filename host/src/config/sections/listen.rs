//! `stagedoor.listen`: a TCP address or a unix socket.

use std::{
    borrow::Cow,
    fmt,
    net::{IpAddr, Ipv6Addr},
    path::PathBuf,
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::field::Field;

const EXPECTED: &str = "host:port, such as 127.0.0.1:7107, or 0.0.0.0:7107 for every interface, or unix:/path/of/a.sock";
const MODE: &str = "a mode in octal digits and in quotes, such as '0660'";

/// The longest path of a socket that Linux takes; macOS takes four bytes less.
const LONGEST: usize = 107;

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    /// TCP.
    Tcp {
        /// A host name or an IP address; an IPv6 address without its brackets.
        host: String,
        /// The port; with 0 the system chooses one.
        port: u16,
    },
    /// A unix socket.
    Unix(PathBuf),
}

impl ListenAddress {
    /// Whether only this machine can connect.
    pub(super) fn is_loopback(&self) -> bool {
        match self {
            Self::Tcp { host, .. } => host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback()),
            Self::Unix(_) => true,
        }
    }

    /// Whether it is a unix socket.
    pub fn is_unix(&self) -> bool {
        matches!(self, Self::Unix(_))
    }

    pub(super) fn read(field: &Field<'_>) -> Option<Self> {
        let text = field.string(EXPECTED);
        let Some(path) = text.and_then(|text| text.strip_prefix("unix:")) else {
            return Self::parse(text?).or_else(|| field.expected_shown(EXPECTED));
        };
        let path = Some(path).filter(|path| !path.is_empty()).or_else(|| field.expected_shown(EXPECTED)).map(|path| field.origin().resolve(path))?;
        if path.as_os_str().len() > LONGEST {
            return field.error(format!("the path of a socket may have {LONGEST} bytes, and {} has {}", path.display(), path.as_os_str().len()));
        }
        Some(Self::Unix(path))
    }

    fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = match host.strip_prefix('[') {
            Some(bracketed) => bracketed.strip_suffix(']').filter(|host| host.parse::<Ipv6Addr>().is_ok())?,
            None => Some(host).filter(|host| is_host(host))?,
        };
        // `parse` alone would take `+80`.
        let port = port.bytes().all(|byte| byte.is_ascii_digit()).then_some(port)?.parse().ok()?;
        Some(Self::Tcp { host: host.into(), port })
    }
}

/// The permission bits of a socket. In quotes, since 0660 without them is one number in one YAML and another one in the next.
pub(super) fn socket_mode(field: &Field<'_>, listen: &ListenAddress) -> Option<u32> {
    if field.is_set() && !listen.is_unix() {
        return field.error("is the mode of a unix socket, and stagedoor.listen is none: leave it out, or listen on unix:/path/of/a.sock");
    }
    let text = field.string(MODE)?;
    let digits = matches!(text.len(), 3 | 4) && text.bytes().all(|byte| byte.is_ascii_digit());
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| digits && *mode <= 0o777);
    let mode = mode.or_else(|| field.expected_shown(MODE))?;
    if mode & 0o002 != 0 {
        field.warning("everybody on this machine may open the socket, and so speak for users unless stagedoor.trust.sharedSecret is set");
    }
    Some(mode)
}

/// The letters of host names and IPv4 addresses; whether there is such a host shows when it is bound.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

impl Default for ListenAddress {
    fn default() -> Self {
        Self::Tcp { host: "127.0.0.1".into(), port: 7107 }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl JsonSchema for ListenAddress {
    fn schema_name() -> Cow<'static, str> {
        "ListenAddress".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(unix:.+|.+:[0-9]+)$" })
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
            assert_eq!(address, ListenAddress::Tcp { host: host.into(), port });
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
        insta::assert_snapshot!(faults("stagedoor: { listen: ':7107' }"), @r#"app-config.yaml: stagedoor.listen: expected host:port, such as 127.0.0.1:7107, or 0.0.0.0:7107 for every interface, or unix:/path/of/a.sock, got ":7107""#);
        insta::assert_snapshot!(faults("stagedoor: { listen: 7107 }"), @"app-config.yaml: stagedoor.listen: expected host:port, such as 127.0.0.1:7107, or 0.0.0.0:7107 for every interface, or unix:/path/of/a.sock, got a number");
        insta::assert_snapshot!(faults("stagedoor: { listen: 'unix:' }\nbackend: { baseUrl: 'https://b' }"), @r#"app-config.yaml: stagedoor.listen: expected host:port, such as 127.0.0.1:7107, or 0.0.0.0:7107 for every interface, or unix:/path/of/a.sock, got "unix:""#);
    }

    #[test]
    fn a_unix_socket_with_its_mode() {
        let listen = |text: &str| loaded(&format!("backend: {{ baseUrl: 'https://b' }}\nstagedoor: {text}"));
        let config = listen("{ listen: 'unix:/run/stagedoor/http.sock' }");
        let expected = ListenAddress::Unix("/run/stagedoor/http.sock".into());
        assert_eq!((config.stagedoor.listen, config.stagedoor.socket_mode), (expected, 0o660));
        assert!(config.warnings.is_empty());
        let config = listen("{ listen: 'unix:./http.sock', socketMode: '600' }");
        let file = config.files.last().unwrap().with_file_name("http.sock");
        assert_eq!((config.stagedoor.listen, config.stagedoor.socket_mode), (ListenAddress::Unix(file), 0o600));
        assert!(listen("{ listen: 'unix:/x', socketMode: '0666' }").warnings[0].contains("everybody on this machine"));
    }

    #[test]
    fn what_a_socket_cannot_be_is_a_fault() {
        let fault = |text: &str| faults(&format!("backend: {{ baseUrl: 'https://b' }}\nstagedoor: {text}"));
        insta::assert_snapshot!(fault("{ socketMode: '0660' }"), @"app-config.yaml: stagedoor.socketMode: is the mode of a unix socket, and stagedoor.listen is none: leave it out, or listen on unix:/path/of/a.sock");
        insta::assert_snapshot!(fault("{ listen: 'unix:/x', socketMode: 660 }"), @"app-config.yaml: stagedoor.socketMode: expected a mode in octal digits and in quotes, such as '0660', got a number");
        for mode in ["rw-rw----", "0999", "1660", "+660", "66"] {
            assert!(
                fault(&format!("{{ listen: 'unix:/x', socketMode: '{mode}' }}")).contains("socketMode: expected a mode in octal digits"),
                "{mode}"
            );
        }
        assert!(fault(&format!("{{ listen: 'unix:/{}' }}", "x".repeat(107))).contains("may have 107 bytes"));
        insta::assert_snapshot!(faults("stagedoor: { listen: 'unix:/x' }"), @"app-config.yaml: backend.baseUrl: missing: a unix socket is no URL, and tokens name one as their issuer; expected a URL such as https://backstage.example.org");
    }
}
