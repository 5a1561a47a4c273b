//! `backend.trustProxy`: whose `x-forwarded-for` says where a request comes from. For the record of a sign-in alone: it lets nobody speak for users.
//!
//! Source: the setting `trust proxy` of express 4, which Backstage passes on: true, a number of hops, or addresses.

use ipnet::IpNet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::{field::Field, tree::Value};

const EXPECTED: &str = "true, a number of hops, or addresses, networks, loopback, linklocal and uniquelocal";

/// Whose `x-forwarded-for` counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TrustProxy {
    /// Nobody's: the client is the peer.
    #[default]
    Nobody,
    /// Everybody's: the client is whom the first hop named.
    Everyone,
    /// That of so many hops.
    Hops(usize),
    /// That of these networks.
    Networks(Vec<IpNet>),
}

impl TrustProxy {
    pub(super) fn read(field: &Field<'_>) -> Option<Self> {
        match field.value()? {
            Value::Boolean(true) => Some(Self::Everyone),
            Value::Boolean(false) => Some(Self::Nobody),
            Value::Number(number) => {
                let hops = number.as_u64().and_then(|hops| usize::try_from(hops).ok());
                hops.map(Self::Hops).or_else(|| field.expected_shown(EXPECTED))
            }
            Value::String(text) => Some(Self::Networks(text.split(',').flat_map(|part| networks(field, part.trim())).collect())),
            Value::List(_) => {
                let items = field.items()?;
                let parts = items.iter().filter_map(|item| Some((item, item.string(EXPECTED)?.trim())));
                Some(Self::Networks(parts.flat_map(|(item, part)| networks(item, part)).collect()))
            }
            _ => field.expected(EXPECTED),
        }
    }
}

/// The networks that a word means.
fn networks(field: &Field<'_>, text: &str) -> Vec<IpNet> {
    let named: &[&str] = match text {
        "loopback" => &["127.0.0.0/8", "::1/128"],
        "linklocal" => &["169.254.0.0/16", "fe80::/10"],
        "uniquelocal" => &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
        _ => &[],
    };
    if !named.is_empty() {
        return named.iter().filter_map(|net| net.parse().ok()).collect();
    }
    let net = network(text);
    if net.is_none() {
        field.expected_shown::<()>(EXPECTED);
    }
    net.into_iter().collect()
}

/// An address, or a network with the length or the mask of its prefix.
fn network(text: &str) -> Option<IpNet> {
    let net = match text.split_once('/') {
        None => IpNet::from(text.parse::<std::net::IpAddr>().ok()?),
        Some((address, mask)) if mask.contains('.') => IpNet::with_netmask(address.parse().ok()?, mask.parse().ok()?).ok()?,
        Some(_) => text.parse().ok()?,
    };
    Some(super::trust::as_seen(net).trunc())
}

impl JsonSchema for TrustProxy {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TrustProxy".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Whose x-forwarded-for says where a request comes from, for the log alone: true, a number of hops, or addresses and networks. Needs a restart.",
            "default": false,
            "type": ["boolean", "integer", "string", "array"],
            "items": { "type": "string" },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{faults, loaded};

    fn trust_proxy(text: &str) -> TrustProxy {
        loaded(&format!("backend: {{ trustProxy: {text} }}")).backend.trust_proxy
    }

    fn nets(texts: &[&str]) -> TrustProxy {
        TrustProxy::Networks(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn it_is_written_as_in_express() {
        assert_eq!(trust_proxy("~"), TrustProxy::Nobody);
        assert_eq!(trust_proxy("false"), TrustProxy::Nobody);
        assert_eq!(trust_proxy("true"), TrustProxy::Everyone);
        assert_eq!(trust_proxy("2"), TrustProxy::Hops(2));
        assert_eq!(trust_proxy("'loopback, 10.1.2.3'"), nets(&["127.0.0.0/8", "::1/128", "10.1.2.3/32"]));
        assert_eq!(trust_proxy("[uniquelocal]"), nets(&["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]));
        assert_eq!(trust_proxy("[10.1.0.0/255.255.0.0, 'fd00::/8']"), nets(&["10.1.0.0/16", "fd00::/8"]));
        insta::assert_snapshot!(faults("backend: { trustProxy: [proxy.example.org, 7] }"), @r#"
        app-config.yaml: backend.trustProxy[0]: expected true, a number of hops, or addresses, networks, loopback, linklocal and uniquelocal, got "proxy.example.org"
        app-config.yaml: backend.trustProxy[1]: expected true, a number of hops, or addresses, networks, loopback, linklocal and uniquelocal, got a number
        "#);
        assert!(faults("backend: { trustProxy: -1 }").contains("backend.trustProxy: expected true, a number of hops"));
    }
}
