//! Credentials by name, filled in after the component has let go of its request, and never sent outside of their own destinations.
//!
//! A component sees neither their values nor, where an answer repeats one as it is, what came back of it.

use std::{fmt, sync::Arc};

use http::{HeaderName, HeaderValue, header::AUTHORIZATION};

use crate::{
    config::{CredentialConfig, CredentialSource},
    domain::{
        destination::{self, Beyond, Destination},
        headers::SensitiveHeaders,
    },
    ports::{clock::Clock, http_client::OutboundRequest},
};

use super::{
    client_credentials::{ClientCredentials, is_token},
    component::Sender,
};

/// A credential.
#[derive(Debug)]
pub(super) struct Credential {
    source: Source,
    destinations: Vec<Destination>,
}

#[derive(Debug)]
enum Source {
    Fixed(Borne),
    Client(ClientCredentials),
    /// A token of the sign-in's own request, by the name of its header.
    Request(String),
}

/// What is sent along.
#[derive(Clone)]
pub(super) struct Borne {
    pub(super) name: HeaderName,
    pub(super) value: HeaderValue,
    /// What is masked in the answer.
    pub(super) secret: String,
}

/// Why a credential cannot be sent along now.
pub(super) enum NotBorne {
    /// The request of the sign-in has no such token.
    Absent(String),
    /// It could not be fetched.
    Unavailable(String),
}

/// Secrets are not shown.
impl fmt::Debug for Borne {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Borne").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Credential {
    /// What was configured. The error says what no header can carry.
    pub(super) fn new(config: &CredentialConfig, clock: &Arc<dyn Clock>) -> Result<Self, String> {
        let source = match &config.source {
            CredentialSource::Header { name, prefix, value } => Source::Fixed(Borne::new(name.clone(), prefix, value.expose())?),
            CredentialSource::ClientCredentials(client) => Source::Client(ClientCredentials::new(client, Arc::clone(clock))?),
            CredentialSource::RequestHeader(name) => Source::Request(name.clone()),
        };
        Ok(Self { source, destinations: config.destinations.clone() })
    }

    /// Whether it may be sent along there; if not, by which rule.
    pub(super) fn check(&self, request: &OutboundRequest) -> Result<(), Beyond> {
        destination::check(&self.destinations, request.method.as_str(), &request.url)
    }

    /// What is sent along.
    pub(super) async fn borne(&self, sender: &Sender, tokens: &SensitiveHeaders) -> Result<Borne, NotBorne> {
        match &self.source {
            Source::Fixed(borne) => Ok(borne.clone()),
            Source::Client(client) => {
                let token = client.token(sender).await.map_err(NotBorne::Unavailable)?;
                Borne::bearer(&token).map_err(NotBorne::Unavailable)
            }
            Source::Request(header) => {
                let token = tokens.0.get(header).and_then(|value| bearer_token(header, value));
                let token = token.ok_or_else(|| NotBorne::Absent(format!("the request has no token in {header}")))?;
                Borne::bearer(token).map_err(NotBorne::Absent)
            }
        }
    }

    /// It was sent along, and the answer was 401.
    pub(super) async fn refused(&self) {
        if let Source::Client(client) = &self.source {
            client.refused().await;
        }
    }
}

impl Borne {
    fn new(name: HeaderName, prefix: &str, secret: &str) -> Result<Self, String> {
        let mut value = HeaderValue::try_from([prefix, secret].concat()).map_err(|_| "it cannot stand in a header".to_owned())?;
        value.set_sensitive(true);
        Ok(Self { name, value, secret: secret.to_owned() })
    }

    fn bearer(token: &str) -> Result<Self, String> {
        Self::new(AUTHORIZATION, "Bearer ", token)
    }
}

/// The token in a header, with `Bearer` before it or alone; in `Authorization` only with it, since other schemes hold other things.
fn bearer_token<'a>(header: &str, value: &'a str) -> Option<&'a str> {
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ if header == AUTHORIZATION.as_str() => return None,
        _ => value,
    };
    Some(token).filter(|token| is_token(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_the_request_stands_with_bearer_or_alone() {
        for (header, value, token) in [
            ("authorization", "Bearer a.b.c", Some("a.b.c")),
            ("authorization", "bearer  a.b.c", Some("a.b.c")),
            ("authorization", "Basic YTpi", None),
            ("authorization", "a.b.c", None),
            ("authorization", "Bearer ", None),
            ("x-forwarded-access-token", "a.b.c", Some("a.b.c")),
            ("x-forwarded-access-token", "Bearer a.b.c", Some("a.b.c")),
            ("x-forwarded-access-token", "a.b.c, d.e.f", None),
            ("x-forwarded-access-token", "", None),
        ] {
            assert_eq!(bearer_token(header, value), token, "{header}: {value}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let borne = Borne::new(HeaderName::from_static("x-api-key"), "", "hunter2-hunter2").unwrap();
        assert!(!format!("{:?}", Source::Fixed(borne)).contains("hunter2"));
    }
}
