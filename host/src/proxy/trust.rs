//! Only those whom the operator trusts may speak for users: by the address at the other end of the socket, by the right to open a unix socket, and by
//! a secret. What is configured must all hold, and no header changes who the peer is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::{
    config::{TrustConfig, TrustProxy},
    domain::{
        error::{Blame, ErrorCode, ErrorName, SignInError},
        headers::SensitiveHeaders,
    },
    ports::proxy_authenticator::{Peer, ProxiedRequest, ProxyAuthenticator},
};

use super::{
    forwarded_for,
    headers::{self, Special},
    shared_secret::SharedSecret,
};

/// What the client is told, whichever proof was missing.
pub(super) const NOT_TRUSTED: &str = "The request did not come from a trusted proxy";

/// Trusts a proxy by its address and by what it knows.
#[derive(Debug)]
pub struct TrustedProxy {
    peers: Vec<IpNet>,
    secret: Option<SharedSecret>,
    trust_proxy: TrustProxy,
    /// The headers of `stagedoor.tokens`.
    tokens: Vec<HeaderName>,
}

impl TrustedProxy {
    /// What `stagedoor.trust` says, and `backend.trustProxy` for the record.
    pub fn new(config: &TrustConfig, trust_proxy: &TrustProxy) -> Self {
        let secret = config.shared_secret.as_ref().map(SharedSecret::new);
        Self { peers: config.peers.clone(), secret, trust_proxy: trust_proxy.clone(), tokens: Vec::new() }
    }

    /// This machine, without any secret.
    pub fn loopback() -> Self {
        let net = |address: IpAddr, bits| IpNet::new_assert(address, bits);
        let peers = vec![net(Ipv4Addr::LOCALHOST.into(), 8).trunc(), net(Ipv6Addr::LOCALHOST.into(), 128)];
        Self { peers, secret: None, trust_proxy: TrustProxy::Nobody, tokens: Vec::new() }
    }

    /// The same, with tokens in these headers.
    #[must_use]
    pub fn with_tokens_in(self, headers: impl Iterator<Item = HeaderName>) -> Self {
        Self { tokens: headers.collect(), ..self }
    }

    /// The header that proves the proxy, which nobody gets to read, and those that hold tokens.
    fn special(&self) -> Special<'_> {
        Special { proof: self.secret.as_ref().map(SharedSecret::header), tokens: &self.tokens }
    }

    /// Whoever may open a unix socket may speak: that is what its permissions say.
    fn check_peer(&self, peer: Peer) -> Result<(), SignInError> {
        match peer {
            Peer::Address(address) if !self.peers.iter().any(|trusted| trusted.contains(&address)) => {
                let cause = format!("{address} is not in stagedoor.trust.peers: add the address of your proxy there");
                Err(SignInError::own(ErrorName::Authentication, ErrorCode::UntrustedPeer, Blame::Client, NOT_TRUSTED).because(cause))
            }
            Peer::Address(_) | Peer::Unix => Ok(()),
        }
    }
}

impl ProxyAuthenticator for TrustedProxy {
    fn authenticate(&self, peer: Peer, headers: &HeaderMap) -> Result<ProxiedRequest, SignInError> {
        self.check_peer(peer)?;
        if let Some(secret) = &self.secret {
            secret.check(headers)?;
        }
        Ok(ProxiedRequest { headers: headers::clean(headers, self.special())?, id_token: headers::id_token(headers)? })
    }

    fn client(&self, peer: Peer, headers: &HeaderMap) -> Option<IpAddr> {
        forwarded_for::client(&self.trust_proxy, peer, headers)
    }

    fn sensitive(&self, headers: &HeaderMap) -> SensitiveHeaders {
        headers::sensitive(headers, self.special())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secret, SharedSecretConfig};

    fn trusting(peers: &[&str], secrets: &[&str]) -> TrustedProxy {
        let header = HeaderName::from_static("x-secret");
        let values: Vec<_> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        let shared_secret = (!values.is_empty()).then_some(SharedSecretConfig { header, values });
        let peers = peers.iter().map(|peer| peer.parse().unwrap()).collect();
        TrustedProxy::new(&TrustConfig { peers, shared_secret, ..TrustConfig::default() }, &TrustProxy::Nobody)
    }

    fn address(text: &str) -> Peer {
        Peer::Address(text.parse().unwrap())
    }

    #[test]
    fn only_a_trusted_address_may_speak_and_no_header_changes_that() {
        let trusted = trusting(&["10.1.0.0/16", "::1/128"], &[]);
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "10.1.2.3".parse().unwrap());
        let ask = |text: &str| trusted.authenticate(address(text), &headers);
        assert!(ask("10.1.2.3").is_ok());
        assert!(ask("::1").is_ok());
        assert!(trusted.authenticate(Peer::Unix, &headers).is_ok(), "who may open the socket may speak");
        for stranger in ["10.2.0.1", "127.0.0.1", "::2"] {
            assert_eq!(ask(stranger).unwrap_err().code, Some(ErrorCode::UntrustedPeer), "{stranger}");
        }
    }

    #[test]
    fn address_and_secret_must_both_hold() {
        let trusted = trusting(&["10.1.0.0/16"], &["0123456789abcdef"]);
        let with = |secret: Option<&str>| secret.map(|secret| (HeaderName::from_static("x-secret"), secret.parse().unwrap())).into_iter().collect();
        let code = |peer: Peer, secret| trusted.authenticate(peer, &with(secret)).err().map(|error| error.code.unwrap());
        let right = Some("0123456789abcdef");
        assert_eq!(code(address("10.1.2.3"), right), None);
        assert_eq!(code(Peer::Unix, right), None);
        assert_eq!(code(address("10.2.0.1"), right), Some(ErrorCode::UntrustedPeer));
        for secret in [None, Some("0123456789abcdeF")] {
            assert_eq!(code(address("10.1.2.3"), secret), Some(ErrorCode::BadProxySecret));
            assert_eq!(code(Peer::Unix, secret), Some(ErrorCode::BadProxySecret));
        }
    }

    #[test]
    fn no_resolver_reads_the_secret_under_any_spelling() {
        let trusted = trusting(&["10.1.0.0/16"], &["0123456789abcdef"]);
        let mut headers = HeaderMap::new();
        for name in ["x-secret", "x_secret"] {
            headers.insert(HeaderName::from_static(name), "0123456789abcdef".parse().unwrap());
        }
        let clean = trusted.authenticate(address("10.1.2.3"), &headers).unwrap().headers;
        assert_eq!((clean.get("x-secret"), clean.get("x_secret")), (None, None));
        let sensitive = trusted.sensitive(&headers).0;
        assert_eq!((sensitive.get("x-secret"), sensitive.get("x_secret")), (None, None));
    }
}
