//! Only peers that the operator trusts may speak for users. The peer is whoever holds the other end of the socket; no header has a say in it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::HeaderMap;
use ipnet::IpNet;

use crate::{
    config::TrustConfig,
    domain::{
        error::{Blame, ErrorCode, ErrorName, SignInError},
        headers::SensitiveHeaders,
    },
    ports::proxy_authenticator::{Peer, ProxiedRequest, ProxyAuthenticator},
};

use super::headers;

/// Trusts socket peers by their address.
#[derive(Debug)]
pub struct TrustedPeers {
    peers: Vec<IpNet>,
}

impl TrustedPeers {
    /// The peers of `stagedoor.trust.peers`.
    pub fn new(config: &TrustConfig) -> Self {
        Self { peers: config.peers.clone() }
    }

    /// This machine.
    pub fn loopback() -> Self {
        let net = |address: IpAddr, bits| IpNet::new_assert(address, bits);
        Self { peers: vec![net(Ipv4Addr::LOCALHOST.into(), 8).trunc(), net(Ipv6Addr::LOCALHOST.into(), 128)] }
    }
}

impl ProxyAuthenticator for TrustedPeers {
    fn authenticate(&self, peer: Peer, headers: &HeaderMap) -> Result<ProxiedRequest, SignInError> {
        let Peer::Address(address) = peer;
        if !self.peers.iter().any(|trusted| trusted.contains(&address)) {
            let cause = format!("{address} is not in stagedoor.trust.peers: add the address of your proxy there");
            let message = "The request did not come from a trusted proxy";
            return Err(SignInError::own(ErrorName::Authentication, ErrorCode::UntrustedPeer, Blame::Client, message).because(cause));
        }
        Ok(ProxiedRequest { headers: headers::clean(headers)?, id_token: headers::id_token(headers)? })
    }

    fn sensitive(&self, headers: &HeaderMap) -> SensitiveHeaders {
        // An address proves the proxy, so there is no header to leave out.
        headers::sensitive(headers, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trusted_address_may_speak_and_no_header_changes_that() {
        let trusted = TrustedPeers { peers: vec!["10.1.0.0/16".parse().unwrap(), "::1/128".parse().unwrap()] };
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "10.1.2.3".parse().unwrap());
        let ask = |address: &str| trusted.authenticate(Peer::Address(address.parse().unwrap()), &headers);
        assert!(ask("10.1.2.3").is_ok());
        assert!(ask("::1").is_ok());
        for stranger in ["10.2.0.1", "127.0.0.1", "::2"] {
            assert_eq!(ask(stranger).unwrap_err().code, Some(ErrorCode::UntrustedPeer), "{stranger}");
        }
    }
}
