//! `stagedoor.trust`: who may speak for users. What is configured must all hold.
//!
//! The default is this machine; everyone is only let in by a key whose name says what it does, or with a secret besides.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use schemars::JsonSchema;

use super::{listen::ListenAddress, shared_secret::SharedSecretConfig};
use crate::config::{field::Field, schema::optional};

const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1/128"];
const EVERYONE: [&str; 2] = ["0.0.0.0/0", "::/0"];

const PEER: &str = "an address or a network, such as 10.1.2.3, 10.0.0.0/8 or fd00::/8";

/// Who may speak for users.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, transform = optional)]
pub struct TrustConfig {
    /// Addresses or networks of the proxies whose headers count, as the socket shows them. Anyone else is refused. Networks of every address
    /// need `sharedSecret` or the key below. Not for a unix socket, where nobody has an address. Live.
    #[schemars(with = "Vec<String>", extend("default" = ["127.0.0.0/8", "::1/128"], "minItems" = 1))]
    pub peers: Vec<IpNet>,
    /// Allows networks of every address in `peers`; without `peers`, every peer may speak for users. Whoever reaches the port can then sign in
    /// as anybody. Live.
    #[schemars(extend("default" = false))]
    pub dangerously_trust_all_peers: bool,
    /// A header that only the proxy can send.
    #[schemars(with = "SharedSecretConfig")]
    pub shared_secret: Option<SharedSecretConfig>,
    /// Whether a request must bring the ID token of `stagedoor.tokens.id`. One that it brings must be good either way. Live.
    #[schemars(extend("default" = "optional"))]
    pub id_token: IdTokenTrust,
}

/// Whether a request must bring an ID token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum IdTokenTrust {
    /// It may.
    #[default]
    Optional,
    /// It must.
    Required,
}

impl Default for TrustConfig {
    fn default() -> Self {
        Self { peers: nets(&LOOPBACK), dangerously_trust_all_peers: false, shared_secret: None, id_token: IdTokenTrust::Optional }
    }
}

impl TrustConfig {
    pub(super) fn read(field: &Field<'_>, listen: &ListenAddress) -> Self {
        field.only(&["peers", "dangerouslyTrustAllPeers", "sharedSecret", "idToken"]);
        let shared_secret = SharedSecretConfig::read(&field.key("sharedSecret"));
        let dangerous = field.key("dangerouslyTrustAllPeers");
        let dangerously_trust_all_peers = dangerous.boolean().unwrap_or(false);
        let default = if dangerously_trust_all_peers { nets(&EVERYONE) } else { nets(&LOOPBACK) };
        let peers = peers(&field.key("peers"), listen).unwrap_or(default);
        // Two halves are everyone too.
        let everyone = IpNet::aggregate(&peers).iter().any(|net| net.prefix_len() == 0);
        match (everyone, dangerously_trust_all_peers) {
            (true, _) if shared_secret.is_some() => {
                field.key("peers").warning("every peer may try: the shared secret alone keeps others from signing in as anybody");
            }
            (true, true) => dangerous.warning("every peer may speak for users: whoever reaches this port can sign in as anybody"),
            (true, false) => {
                let message = "this trusts every peer, so whoever reaches the port could sign in as anybody: name the networks of your proxies, \
                    or add stagedoor.trust.sharedSecret, or set stagedoor.trust.dangerouslyTrustAllPeers to true";
                field.key("peers").error::<()>(message);
            }
            (false, true) => dangerous.warning("has no effect, since stagedoor.trust.peers names only some networks"),
            (false, false) => {}
        }
        let id_token = id_token(&field.key("idToken")).unwrap_or_default();
        Self { peers, dangerously_trust_all_peers, shared_secret, id_token }
    }
}

fn id_token(field: &Field<'_>) -> Option<IdTokenTrust> {
    const EXPECTED: &str = "optional or required";
    match field.string(EXPECTED)? {
        "optional" => Some(IdTokenTrust::Optional),
        "required" => Some(IdTokenTrust::Required),
        _ => field.expected_shown(EXPECTED),
    }
}

fn peers(field: &Field<'_>, listen: &ListenAddress) -> Option<Vec<IpNet>> {
    if field.is_set() && listen.is_unix() {
        return field.error("whoever opens a unix socket has no address, so none of these can be a peer: leave the key out; stagedoor.socketMode says who may open it");
    }
    let items = field.items_or_one()?;
    if items.is_empty() {
        return field.error("an empty list lets nobody sign in; leave the key out for this machine alone, or name the networks of your proxies");
    }
    Some(items.iter().filter_map(peer).collect())
}

fn peer(field: &Field<'_>) -> Option<IpNet> {
    let text = field.string(PEER)?.trim();
    let net = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    net.map_or_else(|| field.expected_shown(PEER), |net: IpNet| Some(as_seen(net).trunc()))
}

/// The network as peers show it: IPv4 inside IPv6 is unwrapped on both sides.
pub(super) fn as_seen(net: IpNet) -> IpNet {
    let IpNet::V6(wrapped) = net else { return net };
    let mapped = wrapped.addr().to_ipv4_mapped().zip(wrapped.prefix_len().checked_sub(96));
    mapped.and_then(|(address, length)| Ipv4Net::new(address, length).ok()).map_or(net, IpNet::V4)
}

fn nets(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{faults, loaded};

    fn peers(trust: &str) -> Vec<String> {
        loaded(&format!("stagedoor: {{ trust: {trust} }}")).stagedoor.trust.peers.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn this_machine_is_trusted_by_default() {
        assert_eq!(peers("{}"), LOOPBACK);
        assert_eq!(peers("{ dangerouslyTrustAllPeers: false }"), LOOPBACK);
        assert_eq!(loaded("{}").stagedoor.trust, TrustConfig::default());
    }

    #[test]
    fn peers_are_networks_or_single_addresses() {
        assert_eq!(peers("{ peers: [10.0.0.0/8, 10.1.2.3, 'fd00::/8', '::1'] }"), ["10.0.0.0/8", "10.1.2.3/32", "fd00::/8", "::1/128"]);
        assert_eq!(peers("{ peers: 10.1.2.3/8 }"), ["10.0.0.0/8"]);
        assert_eq!(peers("{ peers: ['::ffff:10.1.0.0/112', '::ffff:10.1.2.3'] }"), ["10.1.0.0/16", "10.1.2.3/32"]);
    }

    #[test]
    fn everyone_is_let_in_only_by_the_key_that_says_so() {
        for everyone in ["0.0.0.0/0", "'::/0'", "1.2.3.4/0", "'::ffff:0:0/96'", "[0.0.0.0/1, 128.0.0.0/1]"] {
            let fault = faults(&format!("stagedoor: {{ trust: {{ peers: {everyone} }} }}"));
            assert!(fault.starts_with("app-config.yaml: stagedoor.trust.peers: this trusts every peer"), "{fault}");
        }
        let config = loaded("stagedoor: { trust: { peers: [0.0.0.0/0], dangerouslyTrustAllPeers: true } }");
        assert_eq!(config.stagedoor.trust.peers.len(), 1);
        assert!(config.warnings[0].contains("every peer may speak for users"));
        assert_eq!(peers("{ dangerouslyTrustAllPeers: true }"), EVERYONE);
        let some = loaded("stagedoor: { trust: { peers: 10.0.0.0/8, dangerouslyTrustAllPeers: true } }");
        assert!(some.warnings[0].contains("has no effect"));
    }

    #[test]
    fn with_a_secret_every_peer_may_try() {
        for trust in ["{ peers: [0.0.0.0/0, '::/0'], SECRET }", "{ dangerouslyTrustAllPeers: true, SECRET }"] {
            let trust = trust.replace("SECRET", "sharedSecret: { values: '0123456789abcdef' }");
            let config = loaded(&format!("stagedoor: {{ trust: {trust} }}"));
            assert_eq!(config.stagedoor.trust.peers.len(), 2);
            assert!(config.warnings.len() == 1 && config.warnings[0].contains("the shared secret alone"), "{:?}", config.warnings);
        }
        assert_eq!(peers("{ sharedSecret: { values: '0123456789abcdef' } }"), LOOPBACK, "it does not widen what is not configured");
    }

    #[test]
    fn on_a_unix_socket_peers_could_never_hold() {
        let unix = |trust: &str| format!("backend: {{ baseUrl: 'https://b' }}\nstagedoor: {{ listen: 'unix:/x', trust: {trust} }}");
        for peers in ["10.0.0.1", "[127.0.0.0/8, '::1/128']", "[0.0.0.0/0]"] {
            let fault = faults(&unix(&format!("{{ peers: {peers}, sharedSecret: {{ values: 0123456789abcdef }} }}")));
            assert!(fault.starts_with("app-config.yaml: stagedoor.trust.peers: whoever opens a unix socket has no address"), "{fault}");
            assert_eq!(fault.lines().count(), 1, "{fault}");
        }
        let secret = loaded(&unix("{ sharedSecret: { values: 0123456789abcdef } }"));
        assert!(secret.stagedoor.trust.shared_secret.is_some() && secret.warnings.is_empty(), "{:?}", secret.warnings);
    }

    #[test]
    fn every_fault_is_found_at_once() {
        insta::assert_snapshot!(faults("stagedoor: { trust: { peers: [localhost, 10.0.0.0/33, 7], proxies: [] } }"), @r#"
        app-config.yaml: stagedoor.trust.proxies: unknown key; the keys here are peers, dangerouslyTrustAllPeers, sharedSecret, idToken
        app-config.yaml: stagedoor.trust.peers[0]: expected an address or a network, such as 10.1.2.3, 10.0.0.0/8 or fd00::/8, got "localhost"
        app-config.yaml: stagedoor.trust.peers[1]: expected an address or a network, such as 10.1.2.3, 10.0.0.0/8 or fd00::/8, got "10.0.0.0/33"
        app-config.yaml: stagedoor.trust.peers[2]: expected an address or a network, such as 10.1.2.3, 10.0.0.0/8 or fd00::/8, got a number
        "#);
        insta::assert_snapshot!(faults("stagedoor: { trust: { peers: [] } }"), @"app-config.yaml: stagedoor.trust.peers: an empty list lets nobody sign in; leave the key out for this machine alone, or name the networks of your proxies");
    }
}
