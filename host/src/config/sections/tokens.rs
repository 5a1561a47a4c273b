//! `stagedoor.tokens`: tokens that a request brings along, by names that grants and components use: where each stands, and what makes it good.
//!
//! A token that is half configured would be half checked, so whatever decides is stated: keys, issuer, audience, and what its expiry means.

mod checks;
mod schema;

use std::{collections::BTreeMap, path::PathBuf};

use http::HeaderName;

use super::{components::NAME, shared_secret::TAKEN};
use crate::{
    config::{ConfigError, Origin, field::Field},
    domain::{
        headers::{SENSITIVE, identity},
        id_token,
        key_url::KeyUrl,
        signature_algorithm::SignatureAlgorithm,
        token_claims::ID,
    },
};

pub(super) use schema::TokensSchema;

const HEADER: &str = "the name of the header that holds the token, such as x-forwarded-access-token";

/// Sensitive headers that hold no token of somebody else.
const NO_TOKENS: [&str; 4] = ["cookie", "set-cookie", "gap-auth", "gap-signature"];

/// A token.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    /// The header.
    pub header: HeaderName,
    /// What stands in it.
    pub scheme: TokenScheme,
    /// What makes it good; `None`: only its unverified claims can be read.
    pub checks: Option<TokenChecks>,
    /// The file that defines it; the last one, if several do.
    pub origin: Origin,
    /// Where it stands there: `stagedoor.tokens.id`.
    pub path: String,
}

/// What stands in the header of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenScheme {
    /// `Bearer`, blanks, the token.
    Bearer,
    /// The token alone.
    Bare,
    /// Either of them.
    Either,
}

/// What makes a token good. All of it must hold.
#[derive(Debug, Clone)]
pub struct TokenChecks {
    /// `iss` is one of these, exactly.
    pub issuers: Vec<String>,
    /// `aud` is or holds one of these, exactly.
    pub audiences: Vec<String>,
    /// Whose signature it bears.
    pub keys: TokenKeys,
    /// By which algorithms.
    pub algorithms: Vec<SignatureAlgorithm>,
    /// What `exp` means.
    pub expiry: Expiry,
    /// Paths of claims that are there, and neither null, false, empty nor a list of nothing but such.
    pub required_claims: Vec<String>,
    /// Which claims say the same as which forwarded header: the header, and the path of the claim.
    pub must_agree: Vec<(&'static str, String)>,
}

/// Where keys come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenKeys {
    /// A key set.
    Jwks(KeyUrl),
    /// A discovery document, which names a key set.
    Discovery(KeyUrl),
    /// A PEM file.
    PublicKeyFile(PathBuf),
}

/// What `exp` of a token means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// It is there, and has not come.
    Required,
    /// It is there, and came less than these seconds ago.
    Leeway(u64),
    /// Nothing.
    Ignore,
}

impl TokenConfig {
    /// A fault of this token, found later. The key is one of its own, such as `publicKeyFile`.
    pub fn error(&self, key: &str, message: impl Into<String>) -> ConfigError {
        ConfigError::at(&self.origin, format!("{}.{key}", self.path), message)
    }

    /// Every token. `proof` is the header by which the proxy proves itself.
    pub(super) fn read_all(tokens: &Field<'_>, proof: Option<&HeaderName>) -> BTreeMap<String, Self> {
        let tokens = tokens.entries().into_iter();
        tokens.filter_map(|(name, field)| Some((name.to_owned(), Self::read(name, &field, proof)?))).collect()
    }

    /// What the ID token must say binds those who bring one. Whether all must is the operator's to say (`stagedoor.trust.idToken`).
    pub(super) fn warn_where_unstated(tokens: &Field<'_>, id_token: &Field<'_>) {
        let id = tokens.key(ID);
        for key in ["mustAgree", "requiredClaims"].map(|key| id.key(key)).iter().filter(|key| key.is_set() && !id_token.is_set()) {
            key.warning(
                "whoever leaves the token out is not held to this: set stagedoor.trust.idToken to required, or to optional if that is what you mean",
            );
        }
    }

    fn read(name: &str, field: &Field<'_>, proof: Option<&HeaderName>) -> Option<Self> {
        if !NAME.is_match(name) {
            field.error::<()>("a name consists of letters and digits, starts with a letter, and may hold single - _ : between them");
        }
        let unverified = field.key("dangerouslyUnverified");
        let is_unverified = unverified.boolean().unwrap_or(false);
        if is_unverified && name == ID {
            let message =
                "every resolver is told the claims of this token as verified ones; give it another name, and grant unverified-claims for that";
            unverified.error::<()>(message);
        }
        let header = header(&field.key("header"), name, proof);
        let scheme = scheme(&field.key("scheme"));
        let checks = if is_unverified {
            checks::refuse(field);
            None
        } else {
            Some(TokenChecks::read(field)?)
        };
        Some(Self { header: header?, scheme: scheme?, checks, origin: field.origin().clone(), path: field.path().to_string() })
    }
}

fn header(field: &Field<'_>, name: &str, proof: Option<&HeaderName>) -> Option<HeaderName> {
    let text = match name {
        ID if !field.is_set() => return Some(HeaderName::from_static(id_token::HEADER)),
        _ => field.required_string(HEADER)?,
    };
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let Some(header) = HeaderName::try_from(text).ok().filter(|_| plain) else { return field.expected_shown(HEADER) };
    let name = header.as_str();
    let why = if identity::ALL.contains(&name) {
        "says who somebody is and holds no token"
    } else if proof.is_some_and(|proof| *proof == header) {
        "is what proves the proxy (stagedoor.trust.sharedSecret), which no component may learn of"
    } else if NO_TOKENS.contains(&name) || TAKEN.contains(&name) && !SENSITIVE.contains(&name) {
        "holds something else than a token"
    } else {
        return Some(header);
    };
    field.error(format!("{name} {why}: name the header in which your proxy passes the token on"))
}

fn scheme(field: &Field<'_>) -> Option<TokenScheme> {
    const EXPECTED: &str = "bearer, bare or either";
    if !field.is_set() {
        return Some(TokenScheme::Bearer);
    }
    match field.string(EXPECTED)? {
        "bearer" => Some(TokenScheme::Bearer),
        "bare" => Some(TokenScheme::Bare),
        "either" => Some(TokenScheme::Either),
        _ => field.expected_shown(EXPECTED),
    }
}

#[cfg(test)]
mod tests;
