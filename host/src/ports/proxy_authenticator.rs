//! Who may speak for users, and which of the request's headers are clean.

use std::net::IpAddr;

use http::HeaderMap;

use crate::domain::{
    error::SignInError,
    headers::{Headers, SensitiveHeaders},
};

pub use crate::domain::peer::Peer;

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

    /// Tokens and cookies of the request, never what proves the proxy. Asked only where the ID token is verified or a component is granted to read
    /// some of them, and after [`authenticate`](Self::authenticate).
    fn sensitive(&self, headers: &HeaderMap) -> SensitiveHeaders;

    /// Whom the proxies in between name as the client, where `backend.trustProxy` says that they are believed. It stands in the record, and decides
    /// nothing.
    fn client(&self, peer: Peer, headers: &HeaderMap) -> Option<IpAddr>;
}
