//! What the claims of a token must say, once its signature has said who wrote them.
//!
//! A claim that is not of its type counts as a wrong one, never as none.

use serde_json::Value;

use crate::{
    config::{Expiry, TokenChecks},
    domain::{
        headers::{Headers, identity},
        token_claims::TokenObject,
    },
    ports::claims_verifier::TokenBearer,
};

use super::fault::Fault;

/// Seconds by which the clock of whoever writes tokens may be ahead.
const SKEW: u64 = 60;

/// Whether everything holds that was configured.
pub(super) fn check(claims: &TokenObject, checks: &TokenChecks, bearer: TokenBearer<'_>) -> Result<(), Fault> {
    let issuer = claims.get("iss").and_then(Value::as_str).ok_or(Fault::Issuer)?;
    if !checks.issuers.iter().any(|known| known == issuer) {
        return Err(Fault::Issuer);
    }
    if !is_for_one_of(claims.get("aud"), &checks.audiences) {
        return Err(Fault::Audience);
    }
    times(claims, checks.expiry, bearer.now)?;
    if let Some(path) = checks.required_claims.iter().find(|path| !claims.at(path).is_some_and(is_there)) {
        return Err(Fault::Missing(path.clone()));
    }
    match checks.must_agree.iter().find(|(header, path)| !agrees(header, bearer.forwarded, claims.at(path))) {
        Some((header, path)) => Err(Fault::Disagrees { claim: path.clone(), header }),
        None => Ok(()),
    }
}

/// What holds for an ID token besides: it is no token of another kind by the same issuer (Back-Channel Logout 1.0, 2.4), and one for several audiences was
/// given to one of these (`OpenID` Connect Core 1.0, 3.1.3.7).
pub(super) fn check_id_token(claims: &TokenObject, audiences: &[String]) -> Result<(), Fault> {
    if claims.get("events").is_some() {
        return Err(Fault::OtherKind);
    }
    let is_for_several = claims.get("aud").and_then(Value::as_array).is_some_and(|list| list.len() > 1);
    let party = claims.get("azp").and_then(Value::as_str);
    if is_for_several && !audiences.iter().any(|known| party == Some(known)) { Err(Fault::Party) } else { Ok(()) }
}

/// One text, or a list of texts (RFC 7519, 4.1.3).
fn is_for_one_of(audience: Option<&Value>, known: &[String]) -> bool {
    let is_known = |text: &str| known.iter().any(|known| known == text);
    match audience {
        Some(Value::String(text)) => is_known(text),
        Some(Value::Array(list)) => list.iter().all(Value::is_string) && list.iter().filter_map(Value::as_str).any(is_known),
        _ => false,
    }
}

/// Times of a wrong type are faults, whatever is made of them.
fn times(claims: &TokenObject, expiry: Expiry, now: u64) -> Result<(), Fault> {
    let time = |name: &'static str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_u64().map(Some).ok_or(Fault::NoTime(name)),
    };
    for name in ["nbf", "iat"] {
        if time(name)?.is_some_and(|time| time > now.saturating_add(SKEW)) {
            return Err(Fault::Early(name));
        }
    }
    let leeway = match (expiry, time("exp")?) {
        (Expiry::Ignore, _) => return Ok(()),
        (_, None) => return Err(Fault::NoExpiry),
        (Expiry::Required, Some(exp)) => exp,
        (Expiry::Leeway(seconds), Some(exp)) => exp.saturating_add(seconds),
    };
    if now < leeway { Ok(()) } else { Err(Fault::Expired) }
}

/// Whether a claim says something: whoever demands `email_verified` does not mean one that is false, nor a list of nothing.
fn is_there(claim: &Value) -> bool {
    match claim {
        Value::Null => false,
        Value::Bool(says) => *says,
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => list.iter().any(is_there),
        Value::Object(members) => !members.is_empty(),
    }
}

/// Whether both are there and the same, but for the case of an e-mail address. Where both are missing nobody has said anything.
fn agrees(header: &str, forwarded: &Headers, claim: Option<&Value>) -> bool {
    let (Some(said), Some(Value::String(claim))) = (forwarded.get(header).filter(|said| !said.is_empty()), claim) else { return false };
    if header == identity::EMAIL { said.eq_ignore_ascii_case(claim) } else { said == claim }
}
