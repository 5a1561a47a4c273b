//! The adapter of `ports::claims_verifier`: finds a token in its header and believes it, or says why not.
//!
//! The order is that of least harm: form, algorithm, key, signature; only then is read what a token says.

use std::{cell::LazyCell, collections::BTreeMap, fs, io, sync::Arc};

use http::HeaderName;

use crate::{
    config::{ConfigError, ConfigErrors, TokenChecks, TokenConfig, TokenKeys, TokenScheme},
    domain::{
        error::SignInError,
        headers::SensitiveHeaders,
        id_token,
        signature_algorithm::SignatureAlgorithm,
        token_claims::{ID, TokenClaims},
    },
    outbound::HttpClient,
    ports::{
        BoxFuture,
        claims_verifier::{ClaimsVerifier, TokenBearer},
        clock::Clock,
    },
};

use super::{
    compact::Compact,
    fault::Fault,
    key::VerifyingKey,
    key_set::{CALL, KeySet, Place},
    rules,
};

/// Verifies the tokens of `stagedoor.tokens`.
pub struct TokenVerifier(BTreeMap<String, Token>);

/// Kinds of tokens that the issuer of an ID token signs with the same keys (RFC 9068, 2.1; Back-Channel Logout 1.0, 2.4).
const OTHER_KINDS: [&str; 2] = ["at+jwt", "logout+jwt"];

struct Token {
    /// Whether it is the ID token.
    is_id: bool,
    header: HeaderName,
    scheme: TokenScheme,
    /// `None`: nobody verifies it.
    trust: Option<(TokenChecks, KeySource)>,
}

enum KeySource {
    /// A live one.
    Set(KeySet),
    /// One key out of a file, whatever a token calls it.
    Fixed(VerifyingKey),
}

/// Makes the client for key sets where there is one to fetch, the same for all of them; or says why it cannot be made.
type Client<'a> = &'a dyn Fn() -> Result<Arc<HttpClient>, String>;

impl TokenVerifier {
    /// A verifier of these tokens. Reads the files of keys; fetches nothing yet.
    pub fn new(tokens: &BTreeMap<String, TokenConfig>, clock: &Arc<dyn Clock>) -> Result<Self, ConfigErrors> {
        let client = LazyCell::new(|| HttpClient::new(CALL).map(Arc::new).map_err(|error| error.to_string()));
        let client = || LazyCell::force(&client).clone();
        let (mut known, mut errors) = (BTreeMap::new(), Vec::new());
        for (name, config) in tokens {
            let source = |checks: &TokenChecks| Ok((checks.clone(), source(name, config, checks, &client, clock)?));
            match config.checks.as_ref().map(source).transpose() {
                Ok(trust) => {
                    let token = Token { is_id: name == ID, header: config.header.clone(), scheme: config.scheme, trust };
                    known.insert(name.clone(), token);
                }
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Self(known)) } else { Err(ConfigErrors(errors)) }
    }

    /// Whose keys cannot be had now: the name of the token, and why.
    pub async fn probe(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for (name, token) in &self.0 {
            if let Some((_, KeySource::Set(keys))) = &token.trust
                && let Some(why) = keys.probe().await
            {
                found.push((name.clone(), why));
            }
        }
        found
    }
}

fn source(name: &str, config: &TokenConfig, checks: &TokenChecks, client: Client<'_>, clock: &Arc<dyn Clock>) -> Result<KeySource, ConfigError> {
    let (key, place) = match &checks.keys {
        TokenKeys::Jwks(url) => ("jwks", Place::Jwks(url.clone())),
        TokenKeys::Discovery(url) => ("discovery", Place::Discovery(url.clone(), checks.issuers.clone())),
        TokenKeys::PublicKeyFile(path) => {
            let fault = |why: String| config.error("publicKeyFile", why);
            let pem = fs::read(path).map_err(|error: io::Error| fault(format!("{} cannot be read: {error}", path.display())))?;
            return VerifyingKey::from_pem(&pem, &checks.algorithms).map(KeySource::Fixed).map_err(|error| fault(error.to_string()));
        }
    };
    let client = client().map_err(|why| config.error(key, format!("cannot be fetched: {why}")))?;
    Ok(KeySource::Set(KeySet::new(name, place, checks.algorithms.clone(), client, Arc::clone(clock))))
}

impl ClaimsVerifier for TokenVerifier {
    fn knows(&self, token: &str) -> bool {
        self.0.contains_key(token)
    }

    fn verified<'a>(&'a self, token: &'a str, bearer: TokenBearer<'a>) -> BoxFuture<'a, Result<Option<TokenClaims>, SignInError>> {
        Box::pin(async move {
            let Some(known) = self.0.get(token) else { return Ok(None) };
            let Some(text) = known.find(bearer.sensitive) else { return Ok(None) };
            let verified = match text {
                Ok(text) => known.verify(text, bearer).await,
                Err(fault) => Err(fault),
            };
            verified.map(Some).map_err(|fault| fault.error(token))
        })
    }

    fn unverified(&self, token: &str, headers: &SensitiveHeaders) -> Result<Option<TokenClaims>, SignInError> {
        let Some(text) = self.0.get(token).and_then(|known| known.find(headers)) else { return Ok(None) };
        let claims = text.and_then(Compact::read).and_then(Compact::claims);
        claims.map(|claims| Some(claims.written())).map_err(|fault| fault.error(token))
    }
}

impl Token {
    /// What stands in the header; `None` where it is missing or empty, which a proxy may mean alike.
    fn find<'a>(&self, headers: &'a SensitiveHeaders) -> Option<Result<&'a str, Fault>> {
        let value = headers.0.get(self.header.as_str()).map(str::trim_ascii).filter(|value| !value.is_empty())?;
        let bare = Some(value).filter(|value| !value.contains(|c: char| c.is_ascii_whitespace() || c == ','));
        let token = match self.scheme {
            TokenScheme::Bearer => id_token::bearer(value),
            TokenScheme::Bare => bare,
            TokenScheme::Either => id_token::bearer(value).or(bare),
        };
        Some(token.ok_or(Fault::Scheme))
    }

    async fn verify(&self, text: &str, bearer: TokenBearer<'_>) -> Result<TokenClaims, Fault> {
        let (checks, source) = self.trust.as_ref().ok_or(Fault::Unverified)?;
        let token = Compact::read(text)?;
        if token.is_critical() {
            return Err(Fault::Critical);
        }
        if self.is_id && OTHER_KINDS.iter().any(|kind| token.is_of_kind(kind)) {
            return Err(Fault::OtherKind);
        }
        let named = |algorithm: &&SignatureAlgorithm| token.algorithm() == Some(algorithm.as_str());
        let algorithm = *checks.algorithms.iter().find(named).ok_or(Fault::Algorithm)?;
        source.check(&token, algorithm).await?;
        let claims = token.claims()?;
        rules::check(&claims, checks, bearer)?;
        if self.is_id {
            rules::check_id_token(&claims, &checks.audiences)?;
        }
        Ok(claims.written())
    }
}

impl KeySource {
    /// Whether one of these keys signed the token.
    async fn check(&self, token: &Compact<'_>, algorithm: SignatureAlgorithm) -> Result<(), Fault> {
        let signed = |key: &VerifyingKey| key.signed(token.signed, token.signature, algorithm);
        match self {
            Self::Fixed(key) if !key.fits(algorithm) => Err(Fault::OtherKey),
            Self::Fixed(key) => signed(key).then_some(()).ok_or(Fault::Signature),
            Self::Set(set) => {
                let kid = token.key_id().ok_or(Fault::NoKeyId)?;
                let keys = set.keys(kid).await.map_err(Fault::Keys)?;
                if keys.named(kid).next().is_none() {
                    return Err(Fault::UnknownKey);
                }
                let mut fitting = keys.named(kid).filter(|key| key.fits(algorithm)).peekable();
                if fitting.peek().is_none() {
                    return Err(Fault::OtherKey);
                }
                fitting.any(signed).then_some(()).ok_or(Fault::Signature)
            }
        }
    }
}
