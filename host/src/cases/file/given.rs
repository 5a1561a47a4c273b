//! `given`: the request and the world around it.

use std::{collections::BTreeMap, time::Duration};

use ::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value as Json};

use super::{
    catalog::{self, GivenCatalog},
    http::{self, Exchange},
};
use crate::{
    config::{Field, ResolverConfig, read_grants},
    domain::{date::IsoDate, grant::Grants, peer::Peer, token_claims::TokenClaims},
};

pub(super) const KEYS: [&str; 11] = ["headers", "peer", "resolvers", "settings", "grants", "claims", "forged", "tables", "catalog", "http", "clock"];

/// When sign-ins happen for which no `clock` is set: 2026-01-01T00:00:00Z.
const DEFAULT_CLOCK: u64 = 1_767_225_600;

/// What one case starts from.
#[derive(Debug)]
pub struct Given {
    /// The headers of the request.
    pub headers: HeaderMap,
    /// Who sends it; without it somebody who may speak for users.
    pub peer: Option<Peer>,
    /// Resolvers that are asked as well: after the component if it is one, else in the chain around it.
    pub resolvers: Vec<ResolverConfig>,
    /// The settings of the component; without them those of the configuration count.
    pub settings: Option<Map<String, Json>>,
    /// The decisions about its powers; without them those of the configuration count.
    pub grants: Option<Grants>,
    /// Tokens of the request by name.
    pub claims: BTreeMap<String, Token>,
    /// Tokens of the request that do not verify, by name, and what they say to whoever does not check.
    pub forged: BTreeMap<String, TokenClaims>,
    /// The operator's tables.
    pub tables: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Users and groups.
    pub catalog: GivenCatalog,
    /// What others answer over HTTP.
    pub http: Vec<Exchange>,
    /// Time since the Unix epoch.
    pub clock: Duration,
}

/// A token of the request.
#[derive(Debug)]
pub enum Token {
    /// It verifies, and says this.
    Claims(TokenClaims),
    /// It does not verify.
    Invalid,
    /// The keys that it would have to be verified with cannot be had.
    KeysUnavailable,
}

/// Reads it; every fault is noted.
pub(super) fn read(field: &Field<'_>) -> Option<Given> {
    field.only(&KEYS);
    let set = |key: &str| Some(field.key(key)).filter(Field::is_set);
    let (settings, grants) = (set("settings"), set("grants"));
    let settings = settings.map(|settings| match settings.json() {
        Some(Json::Object(settings)) => Some(settings),
        _ => settings.expected("an object of keys"),
    });
    let (headers, peer) = (headers(&field.key("headers")), set("peer").map(|field| peer(&field)));
    let resolvers = resolvers(&field.key("resolvers"));
    let (claims, forged) = (claims(&field.key("claims")), forged(&field.key("forged"), &field.key("claims")));
    let (tables, clock) = (tables(&field.key("tables")), clock(&field.key("clock")));
    let (catalog, http) = (catalog::read(&field.key("catalog")), http::read(&field.key("http")));
    Some(Given {
        headers: headers?,
        peer: peer.map_or(Some(None), |peer| peer.map(Some))?,
        resolvers: resolvers?,
        settings: settings.map_or(Some(None), |settings| settings.map(Some))?,
        grants: grants.map(|grants| read_grants(&grants, None)),
        claims: claims?,
        forged: forged?,
        tables: tables?,
        catalog: catalog?,
        http: http?,
        clock: clock?,
    })
}

/// A text each, or a list of texts for a header that comes in several lines.
fn headers(field: &Field<'_>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let mut sound = true;
    for (name, field) in field.required_entries() {
        let values = if field.is_text() { Some(vec![field.clone()]) } else { field.items_of("a text, or a list of texts; put numbers in quotes") };
        let values: Option<Vec<_>> = values.into_iter().flatten().map(|field| header_value(&field)).collect();
        let Ok(name) = HeaderName::try_from(name) else {
            field.error::<()>("no HTTP header can be called so");
            sound = false;
            continue;
        };
        sound &= values.is_some();
        for value in values.into_iter().flatten() {
            headers.append(name.clone(), value);
        }
    }
    sound.then_some(headers)
}

fn header_value(field: &Field<'_>) -> Option<HeaderValue> {
    let text = field.any_text("the value of a header")?;
    HeaderValue::from_bytes(text.as_bytes()).map_err(|_| field.error::<()>("no HTTP header can have this value")).ok()
}

fn peer(field: &Field<'_>) -> Option<Peer> {
    let expected = "an IP address, or unix";
    match field.string(expected)? {
        "unix" => Some(Peer::Unix),
        text => text.parse().map(Peer::Address).ok().or_else(|| field.expected_shown(expected)),
    }
}

/// As in `signIn.resolvers`; those without settings by their name alone.
fn resolvers(field: &Field<'_>) -> Option<Vec<ResolverConfig>> {
    if !field.is_set() {
        return Some(Vec::new());
    }
    let resolver = |item: &Field<'_>| {
        let named = if item.is_text() { item.clone() } else { item.key("resolver") };
        let name = named.required_string("the name of a resolver")?;
        let settings = if item.is_text() { Map::new() } else { item.json_without("resolver") };
        Some(ResolverConfig { settings, ..ResolverConfig::from_argument(name, "given.resolvers") })
    };
    field.items()?.iter().map(resolver).collect::<Vec<_>>().into_iter().collect()
}

fn claims(field: &Field<'_>) -> Option<BTreeMap<String, Token>> {
    let tokens = field.required_entries().into_iter().map(|(name, field)| Some((name.to_owned(), token(&field)?)));
    tokens.collect::<Vec<_>>().into_iter().collect()
}

fn token(field: &Field<'_>) -> Option<Token> {
    let expected = "claims, or invalid, or keys-unavailable";
    if field.is_object() {
        return field.json().map(|claims| Token::Claims(TokenClaims::written(claims.to_string())));
    }
    match field.string(expected)? {
        "invalid" => Some(Token::Invalid),
        "keys-unavailable" => Some(Token::KeysUnavailable),
        _ => field.expected_shown(expected),
    }
}

fn forged(field: &Field<'_>, claims: &Field<'_>) -> Option<BTreeMap<String, TokenClaims>> {
    let tokens = field.required_entries().into_iter().map(|(name, field)| {
        if claims.is_object() && claims.key(name).is_set() {
            return field.error("this token stands below claims as well: it verifies or it does not");
        }
        match field.json() {
            Some(claims @ Json::Object(_)) => Some((name.to_owned(), TokenClaims::written(claims.to_string()))),
            _ => field.expected("an object of claims"),
        }
    });
    tokens.collect::<Vec<_>>().into_iter().collect()
}

fn tables(field: &Field<'_>) -> Option<BTreeMap<String, BTreeMap<String, Vec<String>>>> {
    let tables = field.required_entries().into_iter().map(|(name, table)| {
        let rows = table.required_entries().into_iter().map(|(key, values)| Some((key.to_owned(), texts(&values)?)));
        Some((name.to_owned(), rows.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?))
    });
    tables.collect::<Vec<_>>().into_iter().collect()
}

/// One text or several.
pub(super) fn texts(field: &Field<'_>) -> Option<Vec<String>> {
    let items = field.items_or_one()?;
    let texts: Vec<_> = items.iter().map(|item| item.string("a text; put numbers in quotes").map(str::to_owned)).collect();
    texts.into_iter().collect()
}

fn clock(field: &Field<'_>) -> Option<Duration> {
    if !field.is_set() {
        return Some(Duration::from_secs(DEFAULT_CLOCK));
    }
    let expected = "a time in UTC such as 2026-01-01T00:00:00Z";
    let text = field.string(expected)?;
    IsoDate::parse(text).map(|date| Duration::from_secs(date.0)).or_else(|| field.expected_shown(expected))
}
