//! `serve --as NAME`: a developer without a proxy. Every request is that person's; what the client says about itself is dropped.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    domain::{
        error::SignInError,
        headers::{SensitiveHeaders, identity},
    },
    ports::proxy_authenticator::{Peer, ProxiedRequest, ProxyAuthenticator},
};

use super::trust::TrustedProxy;

/// Speaks for one person, towards this machine only.
#[derive(Debug)]
pub struct Developer {
    trusted: TrustedProxy,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Developer {
    /// User and preferred username are `name`; the e-mail is that of their entity.
    pub fn new(trusted: TrustedProxy, name: &HeaderValue, email: Option<HeaderValue>) -> Self {
        let field = |header: &'static str, value: HeaderValue| (HeaderName::from_static(header), value);
        let mut headers = vec![field(identity::USER, name.clone()), field(identity::PREFERRED_USERNAME, name.clone())];
        headers.extend(email.map(|email| field(identity::EMAIL, email)));
        Self { trusted, headers }
    }
}

impl ProxyAuthenticator for Developer {
    fn authenticate(&self, peer: Peer, headers: &HeaderMap) -> Result<ProxiedRequest, SignInError> {
        let said_by_client = |name: &HeaderName| identity::ALL.contains(&name.as_str().replace('_', "-").as_str());
        let mut spoken: HeaderMap =
            headers.iter().filter(|(name, _)| !said_by_client(name)).map(|(name, value)| (name.clone(), value.clone())).collect();
        spoken.extend(self.headers.iter().cloned());
        self.trusted.authenticate(peer, &spoken)
    }

    fn sensitive(&self, headers: &HeaderMap) -> SensitiveHeaders {
        self.trusted.sensitive(headers)
    }

    fn client(&self, _peer: Peer, _headers: &HeaderMap) -> Option<IpAddr> {
        None
    }
}
