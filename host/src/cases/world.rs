//! The world of one case: every port that host functions ask, answered from the case's `given`.

use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use http::StatusCode;

use super::file::{Answer, Fault, Given, Token};
use crate::{
    catalog::file::FileCatalog,
    domain::{
        destination::Destination,
        entity_ref::EntityRef,
        error::{Blame, ErrorName, SignInError},
        group::Group,
        group_filter::GroupFilter,
        headers::SensitiveHeaders,
        query::UserQuery,
        token_claims::TokenClaims,
        upstream::{NamedError, UpstreamBody, UpstreamError, UpstreamStatus},
        user::User,
    },
    ports::{
        BoxFuture,
        catalog::{Catalog, CatalogError},
        claims_verifier::ClaimsVerifier,
        clock::Clock,
        component_ports::ComponentPorts,
        http_client::{HttpClient, OutboundAnswer, OutboundCall, OutboundError, OutboundRequest},
        random::Random,
        tables::{TableSnapshot, Tables},
    },
};

/// What a case has been asked so far, and what it answers.
pub(super) struct World {
    given: Arc<Given>,
    /// Look-ups of users and groups.
    look_ups: AtomicU32,
    /// What the case should have answered and does not.
    unanswered: Mutex<Vec<String>>,
}

impl World {
    pub(super) fn new(given: Arc<Given>) -> Arc<Self> {
        Arc::new(Self { given, look_ups: AtomicU32::new(0), unanswered: Mutex::default() })
    }

    /// What host functions ask.
    pub(super) fn ports(self: &Arc<Self>) -> ComponentPorts {
        ComponentPorts {
            catalog: Arc::clone(self) as Arc<dyn Catalog>,
            claims: Arc::clone(self) as Arc<dyn ClaimsVerifier>,
            tables: Arc::new(CaseTables(Arc::clone(&self.given))),
            http: Arc::clone(self) as Arc<dyn HttpClient>,
        }
    }

    /// What was asked for in vain: a fault of the case, whatever the component made of it.
    pub(super) fn unanswered(&self) -> Vec<String> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How the catalog answers after so many look-ups of users.
    fn catalog_after(&self, look_ups: u32) -> Result<&FileCatalog, CatalogError> {
        match self.given.catalog.fault {
            Some(Fault { status, after }) if look_ups >= after => {
                Err(status.map_or_else(|| CatalogError::Unavailable("the case says so".into()), answered))
            }
            _ => Ok(&self.given.catalog.entities),
        }
    }
}

/// The catalog's own error with this status.
fn answered(status: u16) -> CatalogError {
    let status_text = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown");
    let error = NamedError { name: "Error".into(), message: "the case says so".into() };
    let body = UpstreamBody { error, request: None, response: UpstreamStatus { status_code: status } };
    CatalogError::Answered(Arc::new(UpstreamError { status, status_text, body }))
}

impl Catalog for World {
    fn find_user<'a>(&'a self, query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>> {
        Box::pin(async {
            let before = self.look_ups.fetch_add(1, Ordering::Relaxed);
            self.catalog_after(before)?.find_user(query).await
        })
    }

    fn groups<'a>(&'a self, refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        Box::pin(async {
            let before = self.look_ups.fetch_add(1, Ordering::Relaxed);
            Catalog::groups(self.catalog_after(before)?, refs).await
        })
    }

    fn find_groups<'a>(&'a self, filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>> {
        Box::pin(async {
            let before = self.look_ups.fetch_add(1, Ordering::Relaxed);
            self.catalog_after(before)?.find_groups(filter).await
        })
    }
}

/// A token that the case does not name is one that the request does not have.
impl ClaimsVerifier for World {
    fn knows(&self, _token: &str) -> bool {
        true
    }

    fn verified<'a>(&'a self, token: &'a str, _headers: &'a SensitiveHeaders, _now: u64) -> BoxFuture<'a, Result<Option<TokenClaims>, SignInError>> {
        Box::pin(std::future::ready(self.claims(token, true)))
    }

    fn unverified(&self, token: &str, _headers: &SensitiveHeaders) -> Result<Option<TokenClaims>, SignInError> {
        self.claims(token, false)
    }
}

impl World {
    fn claims(&self, token: &str, checked: bool) -> Result<Option<TokenClaims>, SignInError> {
        match self.given.claims.get(token) {
            Some(Token::Claims(claims)) => Ok(Some(claims.clone())),
            Some(Token::Invalid) => Err(invalid(token)),
            Some(Token::KeysUnavailable) => {
                Err(unavailable(format!("The token {token} could not be verified"), "the case has no keys for it".into()))
            }
            None => match self.given.forged.get(token) {
                Some(_) if checked => Err(invalid(token)),
                forged => Ok(forged.cloned()),
            },
        }
    }
}

fn invalid(token: &str) -> SignInError {
    SignInError::new(ErrorName::Authentication, format!("The token {token} is not valid")).because("the case says so")
}

fn unavailable(message: impl Into<Cow<'static, str>>, cause: String) -> SignInError {
    let error = SignInError::new(ErrorName::ServiceUnavailable, message).because(cause);
    SignInError { retryable: true, blame: Blame::Upstream, ..error }
}

impl HttpClient for World {
    fn send<'a>(&'a self, request: OutboundRequest, call: OutboundCall<'a>) -> BoxFuture<'a, Result<OutboundAnswer, OutboundError>> {
        Box::pin(std::future::ready(within_bounds(&request, &call).and_then(|()| self.answer(&request, call.max_bytes))))
    }
}

/// The rules that need no network: destination, method, credential.
fn within_bounds(request: &OutboundRequest, call: &OutboundCall<'_>) -> Result<(), OutboundError> {
    let OutboundRequest { method, url, credential, .. } = request;
    let allowed = |destination: &Destination| destination.methods.iter().any(|allowed| allowed == method) && url.starts_with(&destination.url);
    if !call.bounds.destinations.iter().any(allowed) {
        return Err(OutboundError::OutOfBounds(format!("{method} {url} is none of {}.http-client.destinations", call.config_path)));
    }
    match credential {
        Some(name) if !call.bounds.credentials.contains(name) => {
            Err(OutboundError::OutOfBounds(format!("{name} is none of {}.http-client.credentials", call.config_path)))
        }
        _ => Ok(()),
    }
}

impl World {
    /// What the case answers, as often as it is asked for.
    fn answer(&self, request: &OutboundRequest, max_bytes: usize) -> Result<OutboundAnswer, OutboundError> {
        let OutboundRequest { method, url, credential, .. } = request;
        let Some(exchange) = self.given.http.iter().find(|exchange| exchange.method == *method && exchange.url == *url) else {
            return Err(
                self.unanswered_request(format!("the component asked for {method} {url}, which the case does not answer: add it to given.http"))
            );
        };
        if exchange.credential.is_some() && exchange.credential != *credential {
            let with = credential.as_ref().map_or("no credential".to_owned(), |name| format!("the credential {name}"));
            let expected = exchange.credential.as_deref().unwrap_or_default();
            return Err(self.unanswered_request(format!("the component asked for {method} {url} with {with}, and the case expects {expected}")));
        }
        match &exchange.answer {
            Answer::Unavailable => Err(OutboundError::Failed(unavailable("Nobody answered", "the case says so".into()))),
            Answer::Response { body, .. } if body.len() > max_bytes => {
                Err(OutboundError::Failed(unavailable("The answer is too long", format!("it has more than {max_bytes} bytes"))))
            }
            Answer::Response { status, headers, body } => Ok(OutboundAnswer { status: *status, headers: headers.clone(), body: body.clone() }),
        }
    }

    /// A fault of the case, also if the component swallows it.
    fn unanswered_request(&self, what: String) -> OutboundError {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).push(what.clone());
        OutboundError::Failed(unavailable("Nobody answered", what))
    }
}

/// The tables of a case.
pub(super) struct CaseTables(pub(super) Arc<Given>);

impl Tables for CaseTables {
    fn current(&self) -> Arc<dyn TableSnapshot> {
        Arc::new(Self(Arc::clone(&self.0)))
    }
}

impl TableSnapshot for CaseTables {
    fn look_up(&self, table: &str, key: &str) -> Option<&[String]> {
        self.0.tables.get(table).map(|rows| rows.get(key).map_or(&[][..], Vec::as_slice))
    }

    fn revision(&self, table: &str) -> Option<&str> {
        self.0.tables.contains_key(table).then_some("case")
    }
}

/// A clock that stands still.
pub(super) struct Still(pub(super) Duration);

impl Clock for Still {
    fn now(&self) -> Duration {
        self.0
    }
}

/// The same number every time: a case ends today as it did yesterday.
pub(super) struct Known(pub(super) u64);

impl Random for Known {
    fn bytes(&self) -> [u8; 16] {
        u128::from(self.0).to_be_bytes()
    }
}
