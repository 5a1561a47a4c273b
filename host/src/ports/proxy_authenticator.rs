//! Who may speak for users, and which of the request's headers are clean.

use std::{fmt, net::IpAddr};

use http::HeaderMap;

use crate::domain::{
    error::SignInError,
    headers::{Headers, SensitiveHeaders},
};

/// Whoever holds the other end of the connection: read from the socket, never from a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A TCP peer; IPv4 in IPv6 is unwrapped.
    Address(IpAddr),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
        }
    }
}

/// What a trusted proxy said.
#[derive(Debug)]
pub struct ProxiedRequest {
    /// What resolvers may read.
    pub headers: Headers,
    /// The forwarded ID token: decodable, unverified. For `providerInfo`, never for a resolver.
    pub id_token: Option<String>,
}

/// Decides whether the peer may speak for users and takes the request's headers apart.
pub trait ProxyAuthenticator: Send + Sync {
    /// The clean headers, or `AuthenticationError` for a peer that may not speak, `InputError` for headers that could mean two things.
    fn authenticate(&self, peer: Peer, headers: &HeaderMap) -> Result<ProxiedRequest, SignInError>;

    /// Tokens and cookies of the request, never what proves the proxy. Asked only where a resolver is granted `sensitive-headers`, and after
    /// [`authenticate`](Self::authenticate).
    fn sensitive(&self, headers: &HeaderMap) -> SensitiveHeaders;
}
