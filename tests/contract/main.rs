//! What the contract promises to operators and authors, seen from outside: powers, errors, settings, the frozen surroundings, and what is refused
//! at load.

mod claims;
mod credentials;
mod directory;
mod environment;
mod errors;
mod foreign;
mod groups;
mod http_client;
mod load;
mod names;
mod nested_groups;
mod outages;
mod ownership;
mod ownership_components;
mod powers;
mod profile_components;
mod replay;
mod resolvers;
mod sensitive_headers;
mod ssrf;
mod tables;
mod worlds;

use serde_json::{Value, json};
use stagedoor_tests::Answer;

/// Bounds of `fallback` that allow any user of `default` whose name is made of small letters.
fn fallback_bounds() -> Value {
    json!({ "kinds": ["user"], "namespaces": ["default"], "names": ["[a-z]+"] })
}

/// The same for groups that somebody owns.
fn group_bounds() -> Value {
    json!({ "kinds": ["group"], "namespaces": ["default"], "names": ["[a-z]+"] })
}

/// What somebody owns.
fn owned(answer: &Answer) -> Value {
    answer.json()["backstageIdentity"]["identity"]["ownershipEntityRefs"].clone()
}

/// The same for `issue-self`.
fn issue_self_bounds(unless_in_catalog: bool) -> Value {
    let mut bounds = fallback_bounds();
    bounds["unlessInCatalog"] = unless_in_catalog.into();
    bounds
}

/// Status, name or code, and message of a refusal.
fn refused(answer: &Answer) -> (u16, String, String) {
    assert!(answer.user().is_none() && answer.token().is_none(), "{answer:?}");
    assert!(answer.headers.contains_key("stagedoor-decision"), "an operator finds the record of a refusal");
    let message = answer.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), answer.error().unwrap_or_default(), message)
}
