//! Requests of components, within their bounds on every hop.
//!
//! Guarantees: what is contacted is allowed by the bounds and by the dial guard, a redirect's target too; a credential goes to its own destinations and
//! nowhere else; an answer comes whole, within its bytes and its time, or not at all.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue, Method};
use reqwest::Response;

use crate::{
    config::CredentialConfig,
    domain::{
        destination,
        error::{Blame, ErrorName, SignInError},
        outbound_url::OutboundUrl,
    },
    ports::{
        BoxFuture,
        clock::Clock,
        http_client::{HttpClient, OutboundAnswer, OutboundCall, OutboundError, OutboundRequest},
        names::Names,
    },
};

use super::{
    HttpError,
    answer::{self, AnswerError},
    credential::{Borne, Credential, NotBorne},
    dial::{self, Dialer, Guarded},
    redirect,
};

/// What a client for components needs to know.
pub struct ComponentHttpOptions<'a> {
    /// The time for one call of a component: its credential, all hops, the whole answer.
    pub timeout: Duration,
    /// Ports on which this server listens: never contacted on this machine.
    pub own_ports: Vec<u16>,
    /// `stagedoor.credentials`.
    pub credentials: &'a BTreeMap<String, CredentialConfig>,
    /// Looks up hosts.
    pub names: Arc<dyn Names>,
    /// When tokens expire.
    pub clock: Arc<dyn Clock>,
}

/// The client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ComponentHttpError {
    /// Of the certificates of this machine.
    #[error("components cannot ask other systems: {0}")]
    Client(String),
    /// Of a credential.
    #[error("stagedoor.credentials.{name}: {why}")]
    Credential {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Sends requests of components.
#[derive(Debug)]
pub struct ComponentHttp {
    sender: Sender,
    credentials: BTreeMap<String, Credential>,
    timeout: Duration,
}

/// Sends one hop.
#[derive(Debug)]
pub(super) struct Sender {
    dialer: Dialer,
    timeout: Duration,
}

/// Why a hop has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// The dial guard refused it.
    #[error(transparent)]
    Guarded(Guarded),
    /// Nobody answered.
    #[error(transparent)]
    Http(HttpError),
}

impl ComponentHttp {
    /// A client with these options.
    pub fn new(options: ComponentHttpOptions<'_>) -> Result<Self, ComponentHttpError> {
        let dialer =
            Dialer::new(options.timeout, &options.names, options.own_ports).map_err(|error| ComponentHttpError::Client(error.to_string()))?;
        let credential = |(name, config): (&String, &CredentialConfig)| {
            let credential = Credential::new(config, &options.clock).map_err(|why| ComponentHttpError::Credential { name: name.clone(), why })?;
            Ok((name.clone(), credential))
        };
        let credentials = options.credentials.iter().map(credential).collect::<Result<_, _>>()?;
        Ok(Self { sender: Sender { dialer, timeout: options.timeout }, credentials, timeout: options.timeout })
    }

    async fn call(&self, request: OutboundRequest, call: OutboundCall<'_>) -> Result<OutboundAnswer, OutboundError> {
        let credential = request.credential.as_deref().map(|name| self.credential(name, &request)).transpose()?;
        let place = request.url.place();
        let followed = tokio::time::timeout(self.timeout, self.follow(request, credential, &call)).await;
        followed.unwrap_or_else(|_| Err(failed(&place, &format!("no answer within {:?} (stagedoor.limits.httpTimeout)", self.timeout), true)))
    }

    fn credential(&self, name: &str, request: &OutboundRequest) -> Result<&Credential, OutboundError> {
        let credential = self.credentials.get(name).ok_or_else(|| OutboundError::OutOfBounds(format!("there is no credential {name:?}")))?;
        credential.check(request).map_err(|beyond| OutboundError::OutOfBounds(format!("the credential {name:?} may not go there: {beyond}")))?;
        Ok(credential)
    }

    /// Goes wherever the answers lead, with the credential for as long as it may.
    async fn follow(
        &self,
        mut request: OutboundRequest,
        credential: Option<&Credential>,
        call: &OutboundCall<'_>,
    ) -> Result<OutboundAnswer, OutboundError> {
        let mut borne = match credential {
            Some(credential) => Some((credential, self.borne(credential, &request.url, call).await?)),
            None => None,
        };
        let secret = borne.as_ref().map(|(_, borne)| borne.secret.clone());
        for _ in 0..=redirect::MOST {
            let header = borne.as_ref().map(|(_, borne)| (&borne.name, &borne.value));
            let response = self.sender.send(&request, header).await.map_err(|error| unsent(&request.url, &error))?;
            let Some(target) = redirect::target(&request.url, response.status(), response.headers()) else {
                if let (401, Some((credential, _))) = (response.status().as_u16(), &borne) {
                    credential.refused().await;
                }
                return answer::read(response, call.max_bytes, secret.as_deref()).await.map_err(|error| unread(&request.url, &error));
            };
            let place = request.url.place();
            let beyond = |why: &dyn std::fmt::Display| OutboundError::OutOfBounds(format!("a redirect of {place}: {why}"));
            let target = target.map_err(|invalid| beyond(&format!("the URL {invalid}")))?;
            request = redirect::followed(request, response.status(), target);
            destination::check(&call.bounds.destinations, request.method.as_str(), &request.url).map_err(|error| beyond(&error))?;
            borne = borne.filter(|(credential, _)| credential.check(&request).is_ok());
        }
        Err(failed(&request.url.place(), &format!("more than {} redirects", redirect::MOST), false))
    }

    async fn borne(&self, credential: &Credential, url: &OutboundUrl, call: &OutboundCall<'_>) -> Result<Borne, OutboundError> {
        credential.borne(&self.sender, call.tokens).await.map_err(|error| match error {
            NotBorne::Absent(why) => {
                let error = SignInError::new(ErrorName::Authentication, "The request has no token for a system that the resolver asks");
                OutboundError::Failed(SignInError { blame: Blame::Client, ..error.because(why) })
            }
            NotBorne::Unavailable(why) => failed(&url.place(), &why, true),
        })
    }
}

impl HttpClient for ComponentHttp {
    fn send<'a>(&'a self, request: OutboundRequest, call: OutboundCall<'a>) -> BoxFuture<'a, Result<OutboundAnswer, OutboundError>> {
        Box::pin(self.call(request, call))
    }
}

impl Sender {
    /// Sends it to where it leads and nowhere else. If a connection that has rested breaks, a request that may be repeated is sent once more on a new one.
    pub(super) async fn send(&self, request: &OutboundRequest, credential: Option<(&HeaderName, &HeaderValue)>) -> Result<Response, SendError> {
        match self.send_on(request, credential, false).await {
            Err(SendError::Http(HttpError::Broken(_))) if is_idempotent(&request.method) => self.send_on(request, credential, true).await,
            result => result,
        }
    }

    async fn send_on(&self, request: &OutboundRequest, credential: Option<(&HeaderName, &HeaderValue)>, fresh: bool) -> Result<Response, SendError> {
        let client = self.dialer.client(&request.url, fresh).map_err(SendError::Guarded)?;
        let mut headers = request.headers.clone();
        if let Some((name, value)) = credential {
            headers.insert(name, value.clone());
        }
        let mut sent = client.request(request.method.clone(), request.url.as_url().clone()).headers(headers);
        if let Some(body) = &request.body {
            sent = sent.body(body.clone());
        }
        sent.send().await.map_err(|error| match dial::guarded(&error) {
            Some(guarded) => SendError::Guarded(guarded),
            None => SendError::Http(HttpError::sending(error, self.timeout)),
        })
    }
}

/// RFC 9110, 9.2.2.
fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE)
}

fn unsent(url: &OutboundUrl, error: &SendError) -> OutboundError {
    match error {
        SendError::Guarded(guarded) => OutboundError::OutOfBounds(guarded.to_string()),
        SendError::Http(error) => failed(&url.place(), &error.to_string(), true),
    }
}

fn unread(url: &OutboundUrl, error: &AnswerError) -> OutboundError {
    failed(&url.place(), &error.to_string(), matches!(error, AnswerError::Broken(_)))
}

/// Nobody answered as they should. Where nothing would be different the next time, it is not to be tried again.
fn failed(place: &str, why: &str, retryable: bool) -> OutboundError {
    let error = SignInError::new(ErrorName::ServiceUnavailable, "A system that the resolver asked gave no answer");
    OutboundError::Failed(SignInError { blame: Blame::Upstream, retryable, ..error.because(format!("{place}: {why}")) })
}
