//! What makes a token good, read: each of its keys that decides is required, and what cannot be honoured is refused.

use std::time::Duration;

use super::{Expiry, TokenChecks, TokenKeys};
use crate::{
    config::{duration, field::Field},
    domain::{
        headers::identity,
        key_url::{InvalidKeyUrl, KeyUrl},
        signature_algorithm::SignatureAlgorithm,
    },
};

/// The keys that decide.
const KEYS: [&str; 9] = ["issuer", "audience", "jwks", "discovery", "publicKeyFile", "algorithms", "expiry", "requiredClaims", "mustAgree"];

/// The others.
const OTHERS: [&str; 3] = ["header", "scheme", "dangerouslyUnverified"];

/// What follows the issuer of a discovery document (`OpenID` Connect Discovery 1.0, 4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

const EXPIRY: &str = "required, ignore, or how long a token counts after it has expired, such as '5 minutes'";

/// The longest time after its expiry for which a token may count.
const LONGEST: Duration = Duration::from_hours(24 * 366);

/// Where forwarded headers stand that a claim can agree with, by their keys here.
pub(super) const FORWARDED: [(&str, &str); 3] =
    [("user", identity::USER), ("email", identity::EMAIL), ("preferredUsername", identity::PREFERRED_USERNAME)];

/// A token that nobody verifies: keys that would decide are faults.
pub(super) fn refuse(field: &Field<'_>) {
    only(field);
    for key in KEYS.map(|key| field.key(key)).iter().filter(|key| key.is_set()) {
        key.error::<()>("has no effect on a token that nobody verifies; remove it, or dangerouslyUnverified");
    }
}

impl TokenChecks {
    pub(super) fn read(field: &Field<'_>) -> Option<Self> {
        only(field);
        let issuers = texts(&field.key("issuer"), "the issuer as it stands in the token, or a list");
        let audiences = texts(&field.key("audience"), "whom the token is for, such as the client id of your proxy, or a list");
        // All are read before any is missed.
        let keys = keys(field, issuers.as_deref().unwrap_or_default());
        let algorithms = algorithms(&field.key("algorithms"));
        let expiry = expiry(&field.key("expiry"));
        let required_claims = match field.key("requiredClaims") {
            claims if claims.is_set() => texts(&claims, "the name of a claim, or a list"),
            _ => Some(Vec::new()),
        };
        let must_agree = must_agree(&field.key("mustAgree"));
        Some(Self {
            issuers: issuers?,
            audiences: audiences?,
            keys: keys?,
            algorithms: algorithms?,
            expiry: expiry?,
            required_claims: required_claims?,
            must_agree: must_agree?,
        })
    }
}

fn only(field: &Field<'_>) {
    field.only(&[&OTHERS[..], &KEYS].concat());
}

/// One text or more, none of them empty.
fn texts(field: &Field<'_>, what: &str) -> Option<Vec<String>> {
    let items = field.required(what)?.items_or_one()?;
    if items.is_empty() {
        return field.error(format!("an empty list holds nothing; expected {what}"));
    }
    let texts: Vec<_> = items.iter().map(|item| item.string(what).map(str::to_owned)).collect();
    texts.into_iter().collect()
}

fn keys(field: &Field<'_>, issuers: &[String]) -> Option<TokenKeys> {
    let [jwks, discovery, file] = ["jwks", "discovery", "publicKeyFile"].map(|key| field.key(key));
    match (jwks.is_set(), discovery.is_set(), file.is_set()) {
        (true, false, false) => key_url(&jwks).map(TokenKeys::Jwks),
        (false, true, false) => discovered(&discovery, issuers).map(TokenKeys::Discovery),
        (false, false, true) => {
            let path = file.string("the path of a PEM file with a PUBLIC KEY")?;
            Some(TokenKeys::PublicKeyFile(file.origin().resolve(path)))
        }
        _ => field.error(
            "expected the keys that sign this token in exactly one way: jwks with the URL of a key set, discovery with true or the URL of a \
             discovery document, or publicKeyFile with the path of a PEM file",
        ),
    }
}

fn key_url(field: &Field<'_>) -> Option<KeyUrl> {
    let text = field.string("an https URL")?;
    KeyUrl::parse(text).map_err(|invalid: InvalidKeyUrl| field.error::<()>(invalid.to_string())).ok()
}

/// `true` is the document of the one issuer, which may be written with and without a slash at its end.
fn discovered(field: &Field<'_>, issuers: &[String]) -> Option<KeyUrl> {
    const EXPECTED: &str = "true, or the URL of a discovery document";
    if matches!(field.value(), Some(crate::config::tree::Value::String(text)) if text.contains("://")) {
        return key_url(field);
    }
    if !field.boolean()? {
        return field.error(format!("expected {EXPECTED}; write jwks or publicKeyFile where there is none"));
    }
    let mut issuers = issuers.iter().map(|issuer| issuer.trim_end_matches('/'));
    // That it is missing is a fault already.
    let issuer = issuers.next()?;
    if issuers.any(|other| other != issuer) {
        return field.error("true is the document of the issuer, of which there are several: write the URL of the document");
    }
    let invalid = |invalid: InvalidKeyUrl| field.error::<()>(format!("true is {issuer}{WELL_KNOWN}, which is not asked: {invalid}"));
    KeyUrl::parse(&format!("{issuer}{WELL_KNOWN}")).map_err(invalid).ok()
}

fn algorithms(field: &Field<'_>) -> Option<Vec<SignatureAlgorithm>> {
    if !field.is_set() {
        return Some(vec![SignatureAlgorithm::Rs256]);
    }
    let known = SignatureAlgorithm::ALL.map(SignatureAlgorithm::as_str).join(", ");
    let algorithm = |item: &Field<'_>| {
        let name = item.string(&known)?;
        match SignatureAlgorithm::from_name(name) {
            None if name.starts_with("HS") => {
                item.error(format!("{name} takes a secret that whoever checks could sign with too; expected one of {known}"))
            }
            None if name.eq_ignore_ascii_case("none") => item.error(format!("a token without a signature is anybody's; expected one of {known}")),
            None => item.expected_shown(&format!("one of {known}")),
            found => found,
        }
    };
    let items = field.items_or_one()?;
    if items.is_empty() {
        return field.error(format!("an empty list lets no token count; expected one or more of {known}"));
    }
    let algorithms: Vec<_> = items.iter().map(algorithm).collect();
    algorithms.into_iter().collect()
}

fn expiry(field: &Field<'_>) -> Option<Expiry> {
    if !field.is_set() {
        let why = "oauth2-proxy forwards tokens of the time of the login, expired or not, unless it refreshes its sessions";
        return field.error(format!("missing, and must be stated, since {why}: expected {EXPIRY}"));
    }
    match field.value() {
        Some(crate::config::tree::Value::String(text)) => match text.as_str() {
            "required" => return Some(Expiry::Required),
            "ignore" => return Some(Expiry::Ignore),
            text if duration::parse(text).is_none() => return field.expected_shown(EXPIRY),
            _ => {}
        },
        Some(crate::config::tree::Value::Object(_)) => {}
        _ => return field.expected_shown(EXPIRY),
    }
    field.duration(Duration::from_secs(1)..=LONGEST).map(|leeway| Expiry::Leeway(leeway.as_secs()))
}

fn must_agree(field: &Field<'_>) -> Option<Vec<(&'static str, String)>> {
    field.only(&FORWARDED.map(|(key, _)| key));
    let set = FORWARDED.into_iter().map(|(key, header)| (field.key(key), header)).filter(|(claim, _)| claim.is_set());
    let read: Vec<_> = set.map(|(claim, header)| Some((header, claim.string("the name of a claim")?.to_owned()))).collect();
    read.into_iter().collect()
}
