//! The use case: a proxied request comes in, a Backstage identity goes out, or the reason why not.
//!
//! The steps, in order: authenticate the proxy, verify the ID token, read the profile, ask the resolvers, ask what the user owns, guard what was said, issue the token,
//! store the user info, record the decision. A request that fails at one step never reaches the next; there is no identity to fall back on.

mod id_token;
mod record;

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use http::HeaderMap;

use crate::{
    defect::{Defect, caught},
    domain::{
        claims::Claims,
        decision::DecisionId,
        entity_ref::EntityRef,
        error::{Blame, ErrorName, SignInError},
        grant::Grants,
        guard,
        headers::SensitiveHeaders,
        identity::{Identity, Origin},
        profile::Profile,
        token_claims::ID,
    },
    ports::{
        claims_verifier::{ClaimsVerifier, TokenBearer},
        clock::Clock,
        decision_log::DecisionLog,
        ownership_resolver::{OwnershipResolver, ResolvedOwnership},
        permits::Permits,
        profile_transform::{ProfileTransform, TransformedProfile},
        proxy_authenticator::{Peer, ProxiedRequest, ProxyAuthenticator},
        random::Random,
        resolver::{Resolver, SignInRequest, Spent},
        tables::Tables,
        token_issuer::{IssuedToken, TokenIssuer},
        user_info_store::UserInfoStore,
    },
};

use self::record::Record;

/// Backstage's text when no resolver of the chain knew the user.
const CHAIN_EXHAUSTED: &str = "Failed to sign-in, unable to resolve user identity. Please verify that your catalog contains the expected User entities that would match your configured sign-in resolver.";

/// What a sign-in needs from the world, the same for every generation.
pub struct SignInPorts {
    /// Who may speak for users.
    pub proxy: Arc<dyn ProxyAuthenticator>,
    /// How many sign-ins run at once.
    pub permits: Arc<dyn Permits>,
    /// Tokens of the request.
    pub claims: Arc<dyn ClaimsVerifier>,
    /// Tables that the operator keeps.
    pub tables: Arc<dyn Tables>,
    /// Issues the token.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Keeps what `/v1/userinfo` answers.
    pub user_info: Arc<dyn UserInfoStore>,
    /// Takes the record.
    pub decisions: Arc<dyn DecisionLog>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Decision ids.
    pub random: Arc<dyn Random>,
}

/// The use case with the components of one generation.
pub struct SignIn {
    /// The ports.
    pub ports: Arc<SignInPorts>,
    /// `stagedoor.profile`.
    pub profile: Option<Arc<dyn ProfileTransform>>,
    /// `signIn.resolvers`, in order.
    pub resolvers: Vec<Arc<dyn Resolver>>,
    /// `stagedoor.ownership`.
    pub ownership: Option<Arc<dyn OwnershipResolver>>,
    /// The generation that the components belong to.
    pub generation: u64,
    /// `stagedoor.limits.timeout`: one for the whole sign-in.
    pub timeout: Duration,
    /// `stagedoor.trust.idToken`: whether a request without an ID token is refused.
    pub id_token_required: bool,
}

/// What goes out.
#[derive(Debug)]
pub struct SignedIn {
    /// What the page shows.
    pub profile: Profile,
    /// The ID token that came in, for `providerInfo`.
    pub id_token: Option<String>,
    /// `sub`.
    pub user: EntityRef,
    /// `ent`.
    pub ownership: Vec<EntityRef>,
    /// The token.
    pub token: IssuedToken,
}

impl SignIn {
    /// Signs in whoever the request speaks for. The id names the decision in the log, whatever the outcome.
    pub async fn sign_in(&self, peer: Peer, headers: &HeaderMap) -> (DecisionId, Result<SignedIn, SignInError>) {
        let id = DecisionId(self.ports.random.bytes());
        let mut record = Record::begin(self, id, peer);
        record.client = self.ports.proxy.client(peer, headers);
        let result = caught(self.decide(peer, headers, &mut record)).await.unwrap_or_else(|defect| Err(panicked(&defect)));
        record.end(&result);
        (id, result)
    }

    async fn decide(&self, peer: Peer, headers: &HeaderMap, record: &mut Record<'_>) -> Result<SignedIn, SignInError> {
        let ProxiedRequest { headers: clean, id_token } = self.ports.proxy.authenticate(peer, headers)?;
        let _permit = match self.ports.permits.try_acquire() {
            Some(permit) => permit,
            None => self.ports.permits.acquire().await?,
        };
        let (now, deadline) = (self.ports.clock.now(), Instant::now() + self.timeout);
        let sensitive = if self.needs_sensitive_headers() { self.ports.proxy.sensitive(headers) } else { SensitiveHeaders::default() };
        let bearer = TokenBearer { sensitive: &sensitive, forwarded: &clean, now: now.as_secs() };
        let id_token_claims = id_token::claims(&*self.ports.claims, bearer, self.id_token_required, deadline).await?;
        let request = Arc::new(SignInRequest {
            decision: record.id,
            profile: Profile::from_headers(&clean),
            own_profile: OnceLock::new(),
            headers: clean,
            sensitive,
            id_token_claims,
            tables: self.ports.tables.current(),
            time: now.as_nanos(),
            deadline,
            spent: Spent::default(),
        });
        self.read_profile(&request, record).await?;
        let (mut identity, grants) = self.resolve(&request, record).await?;
        self.resolve_ownership(&request, &mut identity, record).await?;
        guard::check(&identity, grants)?;
        record.keep(&identity);
        let (user, ownership) = (identity.user_entity_ref().clone(), identity.ownership_entity_refs());
        let stored = tokio::time::timeout_at(request.deadline.into(), self.store(&user, &ownership, &identity.claims)).await;
        let token = stored.unwrap_or_else(|_| Err(not_stored("no answer within stagedoor.limits.timeout")))?;
        let profile = identity.profile.unwrap_or_else(|| request.profile().clone());
        Ok(SignedIn { profile, id_token, user, ownership, token })
    }

    /// Lets the profile component say what the page shows, if there is one. Whatever error it gives ends the sign-in: no resolver has run yet.
    async fn read_profile(&self, request: &Arc<SignInRequest>, record: &mut Record<'_>) -> Result<(), SignInError> {
        let Some(component) = &self.profile else { return Ok(()) };
        let TransformedProfile { result, attempt } = component.transform(request).await;
        record.attempts.push(attempt);
        result.map(|profile| _ = request.own_profile.set(profile))
    }

    /// Asks the resolvers in order. "Not found" alone moves on; every other answer is final. With it comes what the one who gave it may say.
    async fn resolve(&self, request: &Arc<SignInRequest>, record: &mut Record<'_>) -> Result<(Identity, &Grants), SignInError> {
        for resolver in &self.resolvers {
            let resolution = resolver.resolve(request).await;
            record.attempts.push(resolution.attempt);
            match resolution.result {
                Ok(identity) => return Ok((identity, resolver.grants())),
                Err(error) if error.name == ErrorName::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Err(SignInError::new(ErrorName::Other, CHAIN_EXHAUSTED).because("every resolver answered not-found"))
    }

    /// Lets the ownership component say what a user of the catalog owns, if there is one. Whoever is none owns themselves.
    async fn resolve_ownership(&self, request: &Arc<SignInRequest>, of: &mut Identity, record: &mut Record<'_>) -> Result<(), SignInError> {
        let (Some(component), Origin::Catalog(user)) = (&self.ownership, &of.origin) else { return Ok(()) };
        let ResolvedOwnership { result, attempt } = component.resolve_ownership(request, user).await;
        record.attempts.push(attempt);
        of.resolved_ownership = Some(result?);
        Ok(())
    }

    /// Issues the token and stores the user info. When time is up in the middle, the write may have happened: that is for the store to know.
    async fn store(&self, user: &EntityRef, ownership: &[EntityRef], claims: &Claims) -> Result<IssuedToken, SignInError> {
        let token = self.ports.issuer.issue(user, ownership, claims).await?;
        self.ports.user_info.put(user, ownership, claims).await.map_err(|error| not_stored(&error.to_string()))?;
        Ok(token)
    }

    /// Where nobody needs them, nobody gets to hold them.
    fn needs_sensitive_headers(&self) -> bool {
        self.ports.claims.knows(ID) || self.grants().any(Grants::need_sensitive_headers)
    }

    /// What each component may do.
    fn grants(&self) -> impl Iterator<Item = &Grants> {
        let resolvers = self.resolvers.iter().map(|resolver| resolver.grants());
        let beside = self.profile.iter().map(|component| component.grants());
        resolvers.chain(beside).chain(self.ownership.iter().map(|component| component.grants()))
    }
}

/// What the record and the client are told of a defect in this server. The client went nowhere, and no resolver is to blame.
fn panicked(defect: &Defect) -> SignInError {
    let refused = SignInError::new(ErrorName::Other, "Internal server error");
    SignInError { blame: Blame::Host, ..refused }.because(format!("a defect in this server: it panicked: {defect}"))
}

/// What the client is told when keys or user info cannot be stored now.
fn not_stored(why: &str) -> SignInError {
    let refused = SignInError::new(ErrorName::ServiceUnavailable, "The sign-in could not be stored").because(why.to_owned());
    SignInError { blame: Blame::Upstream, retryable: true, ..refused }
}
