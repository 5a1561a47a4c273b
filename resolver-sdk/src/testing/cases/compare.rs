//! The expected outcome against the one that came: one text a difference.

use serde_json::{Value, json};

use super::file::{Expected, Refusal, Success};
use crate::{Error, ErrorName, Profile, context::WRONG_SETTINGS, testing::Answer};

pub(super) fn differences(expected: &Expected, got: &Result<Answer, Error>) -> Vec<String> {
    match (expected, got) {
        (Expected::SignedIn(expected), Ok(answer)) => signed_in(expected, answer),
        (Expected::Refused(expected), Err(error)) => refused(expected, error),
        (Expected::NotLoaded, Err(error)) if error.name() == ErrorName::Other && error.message() == WRONG_SETTINGS => Vec::new(),
        (Expected::NotLoaded, _) => vec![format!("expected settings that are refused, {}", came(got))],
        (Expected::SignedIn(Success { user, .. }), Err(_)) => vec![format!("expected {user}, {}", came(got))],
        (Expected::Refused(Refusal { name, .. }), Ok(_)) => vec![format!("expected {name}, {}", came(got))],
    }
}

fn came(got: &Result<Answer, Error>) -> String {
    match got {
        Ok(answer) => format!("got {}", answer.user_entity_ref),
        Err(error) => format!("got {error}{}", error.cause().map(|cause| format!(" (because {cause})")).unwrap_or_default()),
    }
}

fn signed_in(expected: &Success, answer: &Answer) -> Vec<String> {
    let Answer { user_entity_ref, ownership_entity_refs, claims, profile } = answer;
    let found = [
        different("user", Some(json!(expected.user)), &json!(user_entity_ref)),
        different("ownership", expected.ownership.as_ref().map(|refs| json!(refs)), &json!(ownership_entity_refs)),
        different("profile", expected.profile.as_ref().map(|profile| json!(profile)), &shown(profile)),
        different("claims", expected.claims.clone().map(Value::Object), claims),
    ];
    found.into_iter().flatten().collect()
}

fn shown(profile: &Profile) -> Value {
    let members = [("email", &profile.email), ("displayName", &profile.display_name), ("picture", &profile.picture)];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?.into()))).collect::<serde_json::Map<_, _>>().into()
}

/// Nobody gets to see more of a not-found than its name: the chain goes on.
fn refused(expected: &Refusal, error: &Error) -> Vec<String> {
    let found = [
        different("error.name", Some(json!(expected.name)), &json!(error.name().as_str())),
        different("error.status", expected.status.map(|status| json!(status)), &json!(status(error))),
        different("error.message", expected.message.as_ref().map(|message| json!(message)), &json!(error.message())),
    ];
    found.into_iter().flatten().collect()
}

/// The status of the answer.
fn status(error: &Error) -> u16 {
    match error.name() {
        ErrorName::Input => 400,
        ErrorName::Authentication => 401,
        ErrorName::NotAllowed => 403,
        ErrorName::NotFound => 404,
        ErrorName::Conflict => 409,
        ErrorName::NotImplemented => 501,
        ErrorName::ServiceUnavailable => 503,
        ErrorName::Response => error.status().filter(|status| (400..=599).contains(status)).unwrap_or(500),
        ErrorName::Other => 500,
    }
}

fn different(member: &str, expected: Option<Value>, got: &Value) -> Option<String> {
    let expected = expected.filter(|expected| expected != got)?;
    Some(format!("{member}: expected {expected}\n{:width$}  got      {got}", "", width = member.len()))
}
