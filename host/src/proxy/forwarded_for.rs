//! Whom `x-forwarded-for` names as the client, as far as `backend.trustProxy` believes it. Pure, and for the record alone.
//!
//! Source: `req.ip` of express 4 (proxy-addr). Walking from the peer towards the client, the first address that is not trusted is the client; if all
//! are, it is the one farthest away. A word that is no address ends the walk.

use std::net::IpAddr;

use http::HeaderMap;

use crate::{config::TrustProxy, ports::proxy_authenticator::Peer};

const HEADER: &str = "x-forwarded-for";

/// The client. `None` where nobody's header is believed, or no address is known.
pub(super) fn client(trusted: &TrustProxy, peer: Peer, headers: &HeaderMap) -> Option<IpAddr> {
    if *trusted == TrustProxy::Nobody {
        return None;
    }
    let mut at = match peer {
        Peer::Address(address) => Some(address),
        Peer::Unix => None,
    };
    for (hop, named) in named(headers).enumerate() {
        if !is_trusted(trusted, at, hop) {
            break;
        }
        let Some(address) = named else { break };
        at = Some(address);
    }
    at
}

/// The addresses that the header names, the nearest hop first; `None` for a word that is no address.
fn named(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(HEADER).iter().rev();
    let words = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    words.filter(|word| !word.is_empty()).map(|word| Some(std::str::from_utf8(word).ok()?.parse::<IpAddr>().ok()?.to_canonical()))
}

fn is_trusted(trusted: &TrustProxy, address: Option<IpAddr>, hop: usize) -> bool {
    match trusted {
        TrustProxy::Nobody => false,
        TrustProxy::Everyone => true,
        TrustProxy::Hops(hops) => hop < *hops,
        TrustProxy::Networks(networks) => address.is_some_and(|address| networks.iter().any(|network| network.contains(&address))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: &str = "10.0.0.1";

    fn seen(trusted: &TrustProxy, lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HEADER, line.parse().unwrap());
        }
        client(trusted, Peer::Address(PEER.parse().unwrap()), &headers).map(|address| address.to_string())
    }

    fn networks(networks: &[&str]) -> TrustProxy {
        TrustProxy::Networks(networks.iter().map(|network| network.parse().unwrap()).collect())
    }

    /// What express 4.22 answers in `req.ip` for the same settings and headers.
    #[test]
    fn it_is_the_address_that_express_finds() {
        let chain = "203.0.113.9, 198.51.100.7, 10.0.0.2";
        assert_eq!(seen(&TrustProxy::Nobody, &[chain]), None, "the peer stands in the record already");
        assert_eq!(seen(&TrustProxy::Everyone, &[chain]).as_deref(), Some("203.0.113.9"));
        assert_eq!(seen(&TrustProxy::Everyone, &[]).as_deref(), Some(PEER));
        for (hops, client) in [(0, PEER), (1, "10.0.0.2"), (2, "198.51.100.7"), (3, "203.0.113.9"), (9, "203.0.113.9")] {
            assert_eq!(seen(&TrustProxy::Hops(hops), &[chain]).as_deref(), Some(client), "{hops}");
        }
        assert_eq!(seen(&networks(&["10.0.0.0/8"]), &[chain]).as_deref(), Some("198.51.100.7"));
        assert_eq!(seen(&networks(&["10.0.0.1/32"]), &[chain]).as_deref(), Some("10.0.0.2"));
        assert_eq!(seen(&networks(&["127.0.0.0/8"]), &[chain]).as_deref(), Some(PEER), "the peer itself must be trusted");
        assert_eq!(seen(&networks(&["10.0.0.0/8"]), &["203.0.113.9", " ,, 10.0.0.2,"]).as_deref(), Some("203.0.113.9"), "lines are joined");
        assert_eq!(seen(&networks(&["10.0.0.0/8"]), &["::ffff:203.0.113.9"]).as_deref(), Some("203.0.113.9"));
    }

    /// There express names the word; here only addresses get into the log.
    #[test]
    fn a_word_that_is_no_address_ends_the_walk() {
        assert_eq!(seen(&TrustProxy::Everyone, &["203.0.113.9, unknown, 10.0.0.2"]).as_deref(), Some("10.0.0.2"));
        assert_eq!(seen(&TrustProxy::Everyone, &["203.0.113.9:4711"]).as_deref(), Some(PEER));
    }

    #[test]
    fn somebody_at_a_unix_socket_has_no_address() {
        let mut headers = HeaderMap::new();
        headers.append(HEADER, "203.0.113.9".parse().unwrap());
        assert_eq!(client(&networks(&["10.0.0.0/8"]), Peer::Unix, &headers), None);
        assert_eq!(client(&TrustProxy::Hops(1), Peer::Unix, &headers), Some("203.0.113.9".parse().unwrap()));
    }
}
