//! What must come of a case. What is not stated is not looked at.

use std::fmt::Debug;

use serde::Deserialize;
use serde_json::Value;

use super::{super::Answer, status};
use crate::{Error, Profile};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    user: Option<String>,
    ownership: Option<Vec<String>>,
    profile: Option<ExpectedProfile>,
    claims: Option<Value>,
    error: Option<ExpectedError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ExpectedProfile {
    email: Option<String>,
    display_name: Option<String>,
    picture: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedError {
    name: String,
    status: Option<u16>,
    message: Option<String>,
    /// Only the host knows it.
    #[serde(rename = "code")]
    _code: Option<String>,
}

impl Expected {
    /// What is different, if something is.
    pub(super) fn differs(&self, outcome: Result<Answer, Error>) -> Option<String> {
        match (&self.user, &self.error, outcome) {
            (Some(user), None, Ok(answer)) => self.answer(user, answer),
            (None, Some(expected), Err(error)) => expected.differs(&error),
            (Some(user), None, Err(error)) => Some(format!("expected {user}, got {error}{}", because(&error))),
            (None, Some(expected), Ok(answer)) => Some(format!("expected {expected:?}, got {answer:?}")),
            _ => panic!("expect: either a user or an error must be stated"),
        }
    }

    fn answer(&self, user: &String, answer: Answer) -> Option<String> {
        let Answer { user_entity_ref, ownership_entity_refs, claims, profile } = answer;
        let stated = |wanted: &ExpectedProfile| {
            let ExpectedProfile { email, display_name, picture } = wanted;
            Profile { email: email.clone(), display_name: display_name.clone(), picture: picture.clone() }
        };
        differs("user", Some(user), &user_entity_ref)
            .or_else(|| differs("ownership", self.ownership.as_ref(), &ownership_entity_refs))
            .or_else(|| differs("claims", self.claims.as_ref(), &claims))
            .or_else(|| differs("profile", self.profile.as_ref().map(stated).as_ref(), &profile))
    }
}

impl ExpectedError {
    fn differs(&self, error: &Error) -> Option<String> {
        let more = || because(error);
        differs("error", Some(&self.name), &error.name().as_str().to_owned())
            .or_else(|| differs("status", self.status.as_ref(), &status(error)))
            .or_else(|| differs("message", self.message.as_ref(), &error.message().to_owned()))
            .map(|wrong| wrong + &more())
    }
}

fn differs<T: PartialEq + Debug>(what: &str, wanted: Option<&T>, got: &T) -> Option<String> {
    let wanted = wanted.filter(|wanted| *wanted != got)?;
    Some(format!("expected {what} {wanted:?}, got {got:?}"))
}

fn because(error: &Error) -> String {
    error.cause().map_or_else(String::new, |cause| format!(" ({cause})"))
}
