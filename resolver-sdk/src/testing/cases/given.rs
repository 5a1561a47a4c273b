//! The request of a case and the world around it, as the file writes them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::Error;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Given {
    pub(super) headers: BTreeMap<String, String>,
    /// Only the host asks who sends a request, and when.
    #[serde(rename = "peer")]
    _peer: Option<String>,
    #[serde(rename = "clock")]
    _clock: Option<String>,
    pub(super) settings: Option<Value>,
    pub(super) grants: BTreeMap<String, Grant>,
    pub(super) claims: BTreeMap<String, Token>,
    pub(super) tables: BTreeMap<String, Value>,
    pub(super) catalog: Catalog,
    pub(super) http: Vec<Exchange>,
}

/// `deny`, `grant`, or the bounds.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Grant {
    Word(String),
    Bounds(Box<GrantBounds>),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(super) struct GrantBounds {
    pub(super) kinds: OneOrMore,
    pub(super) namespaces: OneOrMore,
    pub(super) names: OneOrMore,
    pub(super) unless_in_catalog: bool,
    pub(super) claims: OneOrMore,
    pub(super) headers: OneOrMore,
    pub(super) tokens: OneOrMore,
    pub(super) destinations: Vec<Destination>,
    pub(super) credentials: OneOrMore,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Destination {
    pub(super) url: String,
    pub(super) methods: OneOrMore,
}

/// One text or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Default for OneOrMore {
    fn default() -> Self {
        Self::More(Vec::new())
    }
}

impl OneOrMore {
    pub(super) fn texts(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::More(texts) => texts,
        }
    }
}

/// Claims, or a word that says what is wrong with the token.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Token {
    Claims(Map<String, Value>),
    Fault(String),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Catalog {
    pub(super) users: BTreeMap<String, Entity>,
    pub(super) groups: BTreeMap<String, Entity>,
    pub(super) entities: Vec<Value>,
    pub(super) fault: Option<Fault>,
}

/// A user or a group in short.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub(super) struct Entity {
    pub(super) email: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) picture: Option<String>,
    pub(super) groups: OneOrMore,
    pub(super) parent: Option<String>,
    pub(super) children: OneOrMore,
    pub(super) members: OneOrMore,
    pub(super) annotations: Map<String, Value>,
    pub(super) spec: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Fault {
    Word(String),
    Later {
        status: Option<u16>,
        #[serde(default)]
        after: usize,
    },
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
    pub(super) method: Option<String>,
    pub(super) url: String,
    pub(super) credential: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Response {
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) json: Option<Value>,
    pub(super) body: Option<String>,
}

impl Token {
    /// What comes of reading it, if it cannot be read.
    pub(super) fn fault(&self) -> Option<Error> {
        let Self::Fault(word) = self else { return None };
        Some(match word.as_str() {
            "invalid" => Error::authentication("The token is not valid"),
            "keys-unavailable" => Error::service_unavailable("The token cannot be verified now").retryable(),
            _ => panic!("claims: expected claims, or invalid, or keys-unavailable, got {word}"),
        })
    }
}

impl Given {
    /// A token called `id` that is no good ends a sign-in before any resolver runs.
    pub(super) fn id_token_fault(&self) -> Option<Error> {
        self.claims.get("id").and_then(Token::fault)
    }
}
