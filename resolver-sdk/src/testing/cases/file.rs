//! What stands in a case file. `stagedoor resolver test` says more precisely what is wrong with one.

use std::{collections::BTreeMap, fs, path::Path};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::entities::Catalog;

type Object = Map<String, Value>;

/// One case, with what all cases have in common.
pub(super) struct Case {
    pub(super) name: String,
    pub(super) given: Given,
    pub(super) expected: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "as")]
    kind: Kind,
    #[serde(default)]
    given: Value,
    cases: Vec<Written>,
}

/// What the component is asked as.
#[derive(Deserialize, Debug, Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Profile,
    #[default]
    Resolver,
    Ownership,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default)]
    given: Value,
    expect: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub(super) struct Given {
    pub(super) headers: BTreeMap<String, OneOrMore>,
    /// For the server.
    #[serde(rename = "peer")]
    _peer: Option<String>,
    /// For the server: a native test knows one function.
    pub(super) resolvers: Vec<Value>,
    pub(super) settings: Option<Value>,
    pub(super) grants: Grants,
    pub(super) claims: BTreeMap<String, Value>,
    pub(super) forged: BTreeMap<String, Value>,
    pub(super) tables: BTreeMap<String, Value>,
    pub(super) catalog: Catalog,
    pub(super) http: Vec<Exchange>,
    /// For the server.
    #[serde(rename = "clock")]
    _clock: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(super) fn texts(&self) -> Vec<&str> {
        match self {
            Self::One(text) => vec![text],
            Self::More(texts) => texts.iter().map(String::as_str).collect(),
        }
    }
}

/// Decisions: `deny` or bounds.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct Grants {
    pub(super) fallback: Decision<Names>,
    pub(super) issue_self: Decision<IssuedNames>,
    pub(super) add_ownership: Decision<Names>,
    pub(super) replace_ownership: Decision<Names>,
    pub(super) add_token_claims: Decision<ClaimNames>,
    pub(super) sensitive_headers: Decision<HeaderNames>,
    pub(super) verified_claims: Decision<TokenNames>,
    pub(super) unverified_claims: Decision<TokenNames>,
    pub(super) groups: Option<Word>,
    pub(super) http_client: Decision<Destinations>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Word {
    Deny,
    Grant,
}

#[derive(Deserialize, Default)]
#[serde(untagged)]
pub(super) enum Decision<B> {
    Granted(B),
    Denied(Denied),
    /// Denied too: here nothing is granted unless the case says so.
    #[default]
    Undecided,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Denied {
    Deny,
}

impl<B> Decision<B> {
    pub(super) fn granted(&self) -> Option<&B> {
        match self {
            Self::Granted(bounds) => Some(bounds),
            Self::Denied(Denied::Deny) | Self::Undecided => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    pub(super) kinds: OneOrMore,
    pub(super) namespaces: OneOrMore,
    pub(super) names: OneOrMore,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct IssuedNames {
    pub(super) kinds: OneOrMore,
    pub(super) namespaces: OneOrMore,
    pub(super) names: OneOrMore,
    pub(super) unless_in_catalog: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimNames {
    pub(super) claims: OneOrMore,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderNames {
    pub(super) headers: OneOrMore,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenNames {
    pub(super) tokens: OneOrMore,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Destinations {
    pub(super) destinations: Vec<Destination>,
    pub(super) credentials: OneOrMore,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Destination {
    pub(super) url: String,
    pub(super) methods: OneOrMore,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    pub(super) request: Request,
    pub(super) response: Option<Response>,
    pub(super) fault: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    #[serde(default = "get")]
    pub(super) method: String,
    pub(super) url: String,
    pub(super) credential: Option<String>,
}

fn get() -> String {
    "GET".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Response {
    #[serde(default = "ok")]
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) json: Option<Value>,
    pub(super) body: Option<String>,
}

fn ok() -> u16 {
    200
}

/// What must come of it.
pub(super) enum Expected {
    SignedIn(Success),
    Refused(Refusal),
    NotLoaded,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Success {
    pub(super) user: String,
    pub(super) ownership: Option<Vec<String>>,
    pub(super) profile: Option<BTreeMap<String, String>>,
    pub(super) claims: Option<Object>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    error: Refusal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusal {
    pub(super) name: String,
    pub(super) status: Option<u16>,
    pub(super) message: Option<String>,
    pub(super) code: Option<String>,
}

impl Expected {
    /// Leaves what a function of this kind can show: a profile component signs nobody in, and an ownership component shows nothing.
    pub(super) fn leave(&mut self, kind: Kind) {
        let Self::SignedIn(success) = self else { return };
        match kind {
            Kind::Resolver => {}
            Kind::Profile => (success.user, success.ownership, success.claims) = (String::new(), None, None),
            Kind::Ownership => (success.profile, success.claims) = (None, None),
        }
    }

    /// A code names a failure of the server itself.
    pub(super) fn is_for_the_server(&self) -> bool {
        matches!(self, Self::Refused(Refusal { code: Some(_), .. }))
    }
}

/// All cases of a file, which is about a component of this kind.
///
/// # Panics
/// If it cannot be read, or is about another kind.
pub(super) fn read_as(kind: Kind, path: &Path) -> Vec<Case> {
    let (written, cases) = read(path);
    assert!(written == kind, "{}: it is about a component that is asked as {written:?}, not {kind:?}", path.display());
    cases
}

/// All cases of a file, and what they are about.
///
/// # Panics
/// If it cannot be read.
pub(super) fn read(path: &Path) -> (Kind, Vec<Case>) {
    let file = path.display();
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: cannot be read: {error}"));
    // By way of the crate's own value: read straight into JSON, the last of two equal keys would win silently.
    let yaml: serde_yaml::Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{file}: not valid YAML: {error}"));
    let json = serde_json::to_value(yaml).unwrap_or_else(|error| panic!("{file}: {error}"));
    let File { kind, given, cases } = serde_json::from_value(json).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert!(!cases.is_empty(), "{file}: there is no case: a file without any would always pass");
    let case = |Written { name, given: on_top, expect }: Written| {
        let place = format!("{file}: cases[{name:?}]");
        let on_top = if on_top.is_null() { Value::Object(Map::new()) } else { on_top };
        Case { given: typed(merged(given.clone(), on_top), &format!("{place}.given")), expected: expected(expect, &place), name }
    };
    (kind, cases.into_iter().map(case).collect())
}

fn expected(expect: Value, place: &str) -> Expected {
    let has = |key: &str| expect.get(key).is_some();
    match (has("error"), has("load")) {
        (true, _) => Expected::Refused(typed::<Refused>(expect, &format!("{place}.expect")).error),
        (_, true) => {
            assert!(expect == serde_json::json!({ "load": "refused" }), "{place}.expect: expected load: refused and nothing beside it");
            Expected::NotLoaded
        }
        _ => Expected::SignedIn(typed(expect, &format!("{place}.expect"))),
    }
}

fn typed<T: DeserializeOwned>(value: Value, place: &str) -> T {
    serde_json::from_value(value).unwrap_or_else(|error| panic!("{place}: {error}"))
}

/// JSON merge patch (RFC 7386).
fn merged(target: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else { return patch };
    let mut merged = if let Value::Object(members) = target { members } else { Map::new() };
    for (key, value) in patch {
        let below = merged.remove(&key).unwrap_or_default();
        if !value.is_null() {
            merged.insert(key, self::merged(below, value));
        }
    }
    Value::Object(merged)
}
