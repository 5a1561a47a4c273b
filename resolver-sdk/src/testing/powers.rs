//! Powers as a test grants them. What is not granted is denied, and what is granted has its bounds.

use std::cell::Cell;

use serde_json::{Map, Value};

use super::{
    bounds::{Bounds, beyond, canonical, granted},
    fake_context::FakeContext,
    http::HttpBounds,
};
use crate::{EntityRef, Error, handle};

/// Refs and bytes of claims that a resolver may give out in one sign-in, and levels of lists and objects: as in the host.
const MAX_REFS: usize = 2000;
const MAX_CLAIM_BYTES: usize = 8 * 1024;
const MAX_DEPTH: usize = 8;
/// The largest whole number that every reader of JSON takes for itself.
const MAX_WHOLE: f64 = 9_007_199_254_740_991.0;

/// Claims that the token has of itself.
const REGISTERED: [&str; 10] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "ent", "uip", "obo"];

/// Headers that `get_header` does not read.
const SENSITIVE: [&str; 10] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-forwarded-access-token",
    "x-auth-request-access-token",
    "x-access-token",
    "x-oauth2-proxy-id-token",
    "gap-auth",
    "gap-signature",
];

/// Whether a header holds a token, a cookie or a signature.
pub(super) fn is_sensitive(name: &str) -> bool {
    is_among(&SENSITIVE, name)
}

/// What the operator has decided.
#[derive(Debug, Clone, Default)]
pub(super) struct Grants {
    pub(super) fallback: Option<Bounds>,
    pub(super) issue_self: Option<Bounds>,
    add_ownership: Option<Bounds>,
    replace_ownership: Option<Bounds>,
    claims: Option<Vec<String>>,
    headers: Option<Vec<String>>,
    verified: Option<Vec<String>>,
    unverified: Option<Vec<String>>,
    groups: Option<()>,
    pub(super) http: Option<HttpBounds>,
}

/// What a resolver has given out so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    refs: Cell<usize>,
    claims: Cell<usize>,
}

impl FakeContext {
    /// The operator grants the power `fallback`.
    #[must_use]
    pub fn grant_fallback(self, bounds: Bounds) -> Self {
        self.with_grants(|grants| grants.fallback = Some(bounds))
    }

    /// The operator grants the power `issue-self`.
    #[must_use]
    pub fn grant_issue_self(self, bounds: Bounds) -> Self {
        self.with_grants(|grants| grants.issue_self = Some(bounds))
    }

    /// The operator grants the power `add-ownership`. What is theirs already needs no bounds.
    #[must_use]
    pub fn grant_add_ownership(self, bounds: Bounds) -> Self {
        self.with_grants(|grants| grants.add_ownership = Some(bounds))
    }

    /// The operator grants the power `replace-ownership`. What is theirs already needs no bounds.
    #[must_use]
    pub fn grant_replace_ownership(self, bounds: Bounds) -> Self {
        self.with_grants(|grants| grants.replace_ownership = Some(bounds))
    }

    /// The operator grants the power `add-token-claims` for these claims.
    ///
    /// # Panics
    /// For a claim that the token has of itself: the host would not start.
    #[must_use]
    pub fn grant_add_token_claims<'a>(self, claims: impl IntoIterator<Item = &'a str>) -> Self {
        let claims: Vec<_> = claims.into_iter().map(str::to_owned).collect();
        assert!(!claims.iter().any(|name| is_among(&REGISTERED, name)), "nobody can be granted a claim that the token has of itself: {claims:?}");
        self.with_grants(|grants| grants.claims = Some(claims))
    }

    /// The operator grants the power `sensitive-headers` for these headers.
    ///
    /// # Panics
    /// For a header that is not sensitive: the host would not start.
    #[must_use]
    pub fn grant_sensitive_headers<'a>(self, headers: impl IntoIterator<Item = &'a str>) -> Self {
        let headers: Vec<_> = headers.into_iter().map(str::to_owned).collect();
        let grantable = |name: &String| is_sensitive(name) && !name.eq_ignore_ascii_case("set-cookie");
        assert!(headers.iter().all(grantable), "nobody can be granted to read these headers as sensitive ones: {headers:?}");
        self.with_grants(|grants| grants.headers = Some(headers))
    }

    /// The operator grants the power `verified-claims` for the tokens of these names.
    #[must_use]
    pub fn grant_verified_claims<'a>(self, tokens: impl IntoIterator<Item = &'a str>) -> Self {
        self.with_grants(|grants| grants.verified = Some(tokens.into_iter().map(str::to_owned).collect()))
    }

    /// The operator grants the power `unverified-claims` for the tokens of these names.
    #[must_use]
    pub fn grant_unverified_claims<'a>(self, tokens: impl IntoIterator<Item = &'a str>) -> Self {
        self.with_grants(|grants| grants.unverified = Some(tokens.into_iter().map(str::to_owned).collect()))
    }

    /// The operator grants the power `groups`, which has no bounds.
    #[must_use]
    pub fn grant_groups(self) -> Self {
        self.with_grants(|grants| grants.groups = Some(()))
    }
}

impl Grants {
    pub(super) fn add_ownership(&self, to: &handle::Identity, refs: &[EntityRef], given: &Given) -> Result<(), Error> {
        let refs = owned("add-ownership", self.add_ownership.as_ref(), to, refs, given)?;
        to.ownership_entity_refs.borrow_mut().extend(refs);
        each_once(&mut to.ownership_entity_refs.borrow_mut());
        Ok(())
    }

    pub(super) fn replace_ownership(&self, of: &handle::Identity, refs: &[EntityRef], given: &Given) -> Result<(), Error> {
        let mut refs = owned("replace-ownership", self.replace_ownership.as_ref(), of, refs, given)?;
        each_once(&mut refs);
        of.ownership_entity_refs.replace(refs);
        Ok(())
    }

    pub(super) fn add_token_claims(&self, to: &handle::Identity, json: &str, given: &Given) -> Result<(), Error> {
        let bounds = granted("add-token-claims", self.claims.as_ref())?;
        let claims = claims(json)?;
        if let Some(name) = claims.keys().find(|name| is_among(&REGISTERED, name) || !bounds.contains(name)) {
            return Err(beyond("add-token-claims", "claim", name));
        }
        let bytes = given.claims.get() + Value::Object(claims.clone()).to_string().len();
        if bytes > MAX_CLAIM_BYTES {
            return Err(Error::input(format!("A resolver may give out at most {MAX_CLAIM_BYTES} bytes of claims")));
        }
        given.claims.set(bytes);
        to.claims.borrow_mut().extend(claims);
        Ok(())
    }

    pub(super) fn sensitive_header(&self, name: &str) -> Result<(), Error> {
        let bounds = granted("sensitive-headers", self.headers.as_ref())?;
        let named = bounds.iter().any(|granted| granted.eq_ignore_ascii_case(name));
        if named { Ok(()) } else { Err(beyond("sensitive-headers", "header", name)) }
    }

    pub(super) fn verified_claims(&self, token: &str) -> Result<(), Error> {
        of_token("verified-claims", self.verified.as_deref(), token)
    }

    pub(super) fn unverified_claims(&self, token: &str) -> Result<(), Error> {
        of_token("unverified-claims", self.unverified.as_deref(), token)
    }

    pub(super) fn groups(&self) -> Result<(), Error> {
        granted("groups", self.groups.as_ref()).copied()
    }
}

/// Whether a power may read the token of that name, whether or not the request has it.
fn of_token(power: &str, decision: Option<&[String]>, token: &str) -> Result<(), Error> {
    let tokens = granted(power, decision.as_ref())?;
    if tokens.iter().any(|granted| granted == token) { Ok(()) } else { Err(beyond(power, "token", token)) }
}

/// The refs as the host would take them, if all of them are within the bounds.
fn owned(power: &str, decision: Option<&Bounds>, identity: &handle::Identity, refs: &[EntityRef], given: &Given) -> Result<Vec<EntityRef>, Error> {
    let bounds = granted(power, decision)?;
    let total = given.refs.get() + refs.len();
    if total > MAX_REFS {
        return Err(Error::input(format!("A resolver may give out at most {MAX_REFS} refs of ownership")));
    }
    let refs: Option<Vec<_>> = refs.iter().map(canonical).collect();
    let refs = refs.ok_or(Error::input("Invalid entity ref: no entity can bear it"))?;
    let theirs = |owned: &&EntityRef| **owned == identity.user_entity_ref || identity.original_ownership.contains(owned);
    if let Some(foreign) = refs.iter().find(|owned| !theirs(owned) && !bounds.allow(owned)) {
        return Err(beyond(power, "ref", foreign));
    }
    given.refs.set(total);
    Ok(refs)
}

fn each_once(refs: &mut Vec<EntityRef>) {
    let given = std::mem::take(refs);
    for owned in given {
        if !refs.contains(&owned) {
            refs.push(owned);
        }
    }
}

/// The claims, if the host would take them. Only a member that occurs twice is not seen here.
fn claims(json: &str) -> Result<Map<String, Value>, Error> {
    let refused = |why: &str| Error::input("The claims of the resolver are not taken").because(why);
    if json.len() > MAX_CLAIM_BYTES {
        return Err(refused("too long"));
    }
    let Ok(Value::Object(claims)) = serde_json::from_str(json) else { return Err(refused("they are no JSON object")) };
    if claims.contains_key("__proto__") || !claims.values().all(|value| is_taken(value, 1)) {
        return Err(refused("too deep, a whole number beyond 2^53 - 1, or a member called __proto__"));
    }
    Ok(claims)
}

/// Whether the host takes a value that stands `depth` levels deep.
fn is_taken(value: &Value, depth: usize) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| number.fract() != 0.0 || number.abs() <= MAX_WHOLE),
        Value::Array(items) => depth < MAX_DEPTH && items.iter().all(|item| is_taken(item, depth + 1)),
        Value::Object(members) => depth < MAX_DEPTH && members.iter().all(|(name, member)| name != "__proto__" && is_taken(member, depth + 1)),
        Value::Null | Value::Bool(_) | Value::String(_) => true,
    }
}

fn is_among(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}
