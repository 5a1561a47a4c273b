//! A sign-in resolver: who is it?

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, AtomicUsize},
    },
    time::Instant,
};

use crate::domain::{
    decision::{Attempt, DecisionId},
    error::SignInError,
    grant::Grants,
    headers::{Headers, SensitiveHeaders},
    identity::Identity,
    profile::Profile,
    token_claims::TokenClaims,
};

use super::{BoxFuture, tables::TableSnapshot};

/// Everything that a component is told about a request.
pub struct SignInRequest {
    /// The decision that is being made; seeds the randomness of a guest.
    pub decision: DecisionId,
    /// Clean headers.
    pub headers: Headers,
    /// Tokens and cookies; empty unless the ID token is verified, or a component is granted to read some of them.
    pub sensitive: SensitiveHeaders,
    /// Verified claims of the ID token, where `stagedoor.tokens.id` says how to verify it and the request has one.
    pub id_token_claims: Option<TokenClaims>,
    /// The tables of the operator as they are at this sign-in.
    pub tables: Arc<dyn TableSnapshot>,
    /// What the page would show by the headers of the proxy.
    pub profile: Profile,
    /// What it shows instead, once a profile component has said so.
    pub own_profile: OnceLock<Profile>,
    /// The time of the sign-in in nanoseconds since the Unix epoch; it stands still.
    pub time: u128,
    /// When the whole sign-in must have ended.
    pub deadline: Instant,
    /// What the components have used up together.
    pub spent: Spent,
}

impl SignInRequest {
    /// What the page shows, unless a resolver says otherwise.
    pub fn profile(&self) -> &Profile {
        self.own_profile.get().unwrap_or(&self.profile)
    }
}

/// What a sign-in has used up of the budgets that its components share.
#[derive(Debug, Default)]
pub struct Spent {
    /// Catalog look-ups.
    pub look_ups: AtomicU32,
    /// Log lines.
    pub log_lines: AtomicU32,
    /// Requests over HTTP.
    pub http_calls: AtomicU32,
    /// Bytes of the answers to them.
    pub http_bytes: AtomicUsize,
}

/// What a resolver answered, and what it did on the way there.
#[derive(Debug)]
pub struct Resolution {
    /// The identity, or why not.
    pub result: Result<Identity, SignInError>,
    /// For the decision record.
    pub attempt: Attempt,
}

/// One item of `signIn.resolvers`, ready to be asked.
pub trait Resolver: Send + Sync {
    /// Its name in `signIn.resolvers`.
    fn name(&self) -> &str;

    /// What it may say; the guard compares the answer with it.
    fn grants(&self) -> &Grants;

    /// Who is it? Never panics, never outlives the deadline of the request.
    fn resolve<'a>(&'a self, request: &'a Arc<SignInRequest>) -> BoxFuture<'a, Resolution>;
}
