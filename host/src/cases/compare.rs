//! The expected outcome against the one that came.

use serde_json::{Map, Value as Json};

use super::{
    file::{Expected, Refusal, Success},
    report::Difference,
};
use crate::domain::{
    claims::Claims,
    entity_ref::EntityRef,
    error::{ErrorCode, ErrorName, SignInError},
    log_text::printable,
    profile::Profile,
};

/// How a sign-in ended.
pub(super) enum Got {
    /// Somebody is signed in.
    SignedIn { user: EntityRef, ownership: Vec<EntityRef>, profile: Profile, claims: Claims },
    /// Nobody is.
    Refused(SignInError),
    /// Every resolver answered not-found.
    NotFound,
    /// The component did not take its settings.
    NotLoaded(String),
}

/// Every difference, the most telling first.
pub(super) fn differences(expected: &Expected, got: &Got) -> Vec<Difference> {
    match (expected, got) {
        (Expected::SignedIn(expected), Got::SignedIn { user, ownership, profile, claims }) => {
            let Success { user: wanted, ownership: owned, profile: shown, claims: added } = expected;
            let found = [
                different("user", Some(vec![wanted.to_string()]), vec![user.to_string()]),
                different("ownership", owned.as_deref().map(refs), refs(ownership)),
                different("profile", shown.as_ref().map(profile_lines), profile_lines(profile)),
                different("claims", added.as_ref().map(members), members(&as_members(claims))),
            ];
            found.into_iter().flatten().collect()
        }
        (Expected::Refused(Refusal { name: ErrorName::NotFound, .. }), Got::NotFound) | (Expected::NotLoaded, Got::NotLoaded(_)) => Vec::new(),
        (Expected::Refused(expected), Got::Refused(error)) => refusal(expected, error),
        (expected, got) => apart(expected, got),
    }
}

/// Where not even the kind of the outcome is the expected one.
fn apart(expected: &Expected, got: &Got) -> Vec<Difference> {
    let (wanted, wanted_lines) = match expected {
        Expected::SignedIn(success) => ("user", vec![success.user.to_string()]),
        Expected::Refused(refusal) => ("error", vec![refusal.name.as_str().to_owned()]),
        Expected::NotLoaded => ("load", vec!["refused".into()]),
    };
    let (came, lines) = match got {
        Got::SignedIn { user, .. } => ("user", vec![user.to_string()]),
        Got::Refused(error) => ("error", vec![printable(&format!("{} {}: {}", error.status(), error.name.as_str(), error.message))]),
        Got::NotFound => ("error", vec![ErrorName::NotFound.as_str().to_owned()]),
        Got::NotLoaded(why) => ("load", vec![format!("refused: {}", printable(why))]),
    };
    if wanted == came {
        return vec![Difference { member: wanted, expected: wanted_lines, got: lines }];
    }
    let (nothing, none) = (Vec::new(), Vec::new());
    vec![Difference { member: wanted, expected: wanted_lines, got: nothing }, Difference { member: came, expected: none, got: lines }]
}

fn refusal(expected: &Refusal, error: &SignInError) -> Vec<Difference> {
    let one = |text: &str| vec![text.to_owned()];
    let found = [
        different("error.name", Some(one(expected.name.as_str())), one(error.name.as_str())),
        different("error.status", expected.status.map(|status| vec![status.to_string()]), vec![error.status().to_string()]),
        different("error.message", expected.message.as_deref().map(one), vec![error.message.to_string()]),
        different("error.code", expected.code.as_deref().map(one), error.code.map(ErrorCode::as_str).into_iter().map(str::to_owned).collect()),
    ];
    found.into_iter().flatten().collect()
}

/// Compared as they are, shown so that a terminal obeys nothing in them. What the case does not state is not looked at.
fn different(member: &'static str, expected: Option<Vec<String>>, got: Vec<String>) -> Option<Difference> {
    let expected = expected.filter(|expected| *expected != got)?;
    let shown = |lines: Vec<String>| lines.iter().map(|line| printable(line)).collect();
    Some(Difference { member, expected: shown(expected), got: shown(got) })
}

fn refs(refs: &[EntityRef]) -> Vec<String> {
    refs.iter().map(ToString::to_string).collect()
}

fn profile_lines(profile: &Profile) -> Vec<String> {
    let members = [("email", &profile.email), ("displayName", &profile.display_name), ("picture", &profile.picture)];
    members.into_iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name}: {value}"))).collect()
}

/// One line each, in the order of their names: a token is an object, which has none.
/// What was checked is an object.
fn as_members(claims: &Claims) -> Map<String, Json> {
    serde_json::to_value(claims).ok().and_then(|claims| claims.as_object().cloned()).unwrap_or_default()
}

fn members(members: &Map<String, Json>) -> Vec<String> {
    let mut lines: Vec<_> = members.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    lines.sort_unstable();
    lines
}
