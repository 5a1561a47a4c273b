//! Case files (`name.cases.yaml`), run natively against the fake context (feature `cases`).
//!
//! The same file is run against the component, through a whole sign-in, by `stagedoor resolver test`. What only the host can decide, such as who may speak
//! for users or whether a signature is good, is not decided here: a token that the file calls invalid is invalid.

mod expect;
mod given;
mod world;

use serde::Deserialize;
use serde_json::Value;

use self::{expect::Expected, given::Given};
use super::FakeContext;
use crate::{Error, ErrorName, Identity};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    #[serde(default)]
    given: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    given: Option<Value>,
    expect: Expected,
}

/// Runs every case of a file and compares what came of it.
///
/// ```
/// use resolver_sdk::{Context, Error, Identity, UserQuery, testing::cases};
///
/// fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
///     ctx.sign_in_with_catalog_user(UserQuery::name(ctx.required_header("x-forwarded-user", "Request did not contain a user")?))
/// }
///
/// // Out of a file: include_str!("../corp_user.cases.yaml").
/// let file = "
/// given:
///   catalog: { users: { alice: { groups: [team-a] } }, groups: { team-a: {} } }
/// cases:
///   - name: alice signs in
///     given: { headers: { x-forwarded-user: Alice } }
///     expect: { user: user:default/alice, ownership: [user:default/alice, group:default/team-a] }
///   - name: nobody else does
///     given: { headers: { x-forwarded-user: zed } }
///     expect: { error: { name: NotFoundError } }
/// ";
/// cases::check(file, |ctx| resolve(ctx));
/// ```
///
/// # Panics
/// If a case does not come out as expected, naming each, or if the file is not as it should be.
pub fn check(file: &str, resolve: impl Fn(&FakeContext) -> Result<Identity, Error>) {
    let file: CaseFile = serde_yaml::from_str(file).unwrap_or_else(|error| panic!("the case file cannot be read: {error}"));
    assert!(!file.cases.is_empty(), "the case file holds no case");
    let failures: Vec<_> = file.cases.iter().filter_map(|case| case.failure(&file.given, &resolve)).collect();
    assert!(failures.is_empty(), "{} of {} cases failed:\n{}", failures.len(), file.cases.len(), failures.join("\n"));
}

impl Case {
    /// What is wrong with the outcome.
    fn failure(&self, common: &Value, resolve: impl Fn(&FakeContext) -> Result<Identity, Error>) -> Option<String> {
        let merged = merged(common.clone(), self.given.clone().unwrap_or_else(|| Value::Object(serde_json::Map::new())));
        let given: Given = serde_json::from_value(merged).unwrap_or_else(|error| panic!("{}: given: {error}", self.name));
        let ctx = given.context();
        let outcome = given.id_token_fault().map_or_else(|| resolve(&ctx), Err);
        let wrong = self.expect.differs(outcome.map(|identity| ctx.answer(&identity)))?;
        Some(format!("- {}: {wrong}", self.name))
    }
}

/// JSON merge patch. Source: RFC 7386.
fn merged(target: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else { return patch };
    let Value::Object(mut members) = (if target.is_object() { target } else { Value::Object(serde_json::Map::new()) }) else { return Value::Null };
    for (key, value) in patch {
        let below = members.remove(&key).unwrap_or_default();
        if !value.is_null() {
            members.insert(key, merged(below, value));
        }
    }
    Value::Object(members)
}

/// The status of the answer to an error.
fn status(error: &Error) -> u16 {
    match (error.name(), error.status()) {
        (ErrorName::Response, Some(status @ 400..=599)) => status,
        (ErrorName::Input, _) => 400,
        (ErrorName::Authentication, _) => 401,
        (ErrorName::NotAllowed, _) => 403,
        (ErrorName::NotFound, _) => 404,
        (ErrorName::Conflict, _) => 409,
        (ErrorName::NotImplemented, _) => 501,
        (ErrorName::ServiceUnavailable, _) => 503,
        (ErrorName::Response | ErrorName::Other, _) => 500,
    }
}
