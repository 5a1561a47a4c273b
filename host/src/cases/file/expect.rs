//! `expect`: what must come of a sign-in. What is stated is compared exactly, what is not stated is not looked at.

use serde_json::{Map, Value as Json};

use crate::{
    config::Field,
    domain::{entity_ref::EntityRef, error::ErrorName, profile::Profile},
};

const SUCCESS: [&str; 4] = ["user", "ownership", "profile", "claims"];

/// What must come of a sign-in.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// Somebody is signed in.
    SignedIn(Success),
    /// Nobody is.
    Refused(Refusal),
    /// The component is not loaded with these settings.
    NotLoaded,
}

/// Who is signed in, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct Success {
    /// `sub`.
    pub user: EntityRef,
    /// `ent`, in order.
    pub ownership: Option<Vec<EntityRef>>,
    /// What the page shows: absent members are absent.
    pub profile: Option<Profile>,
    /// Further claims of the token, all of them.
    pub claims: Option<Map<String, Json>>,
}

/// How a sign-in fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Backstage's name. Not-found means that every resolver of the chain answered so.
    pub name: ErrorName,
    /// The status of the answer.
    pub status: Option<u16>,
    /// What the client is told.
    pub message: Option<String>,
    /// Names a failure of this server, or of its door.
    pub code: Option<String>,
}

pub(super) fn read(field: &Field<'_>) -> Option<Expected> {
    field.required("what must come of it: { user: … } or { error: { name: … } }")?;
    field.only(&[&SUCCESS[..], &["error", "load"]].concat());
    let (user, error, load) = (field.key("user"), field.key("error"), field.key("load"));
    if load.is_set() {
        if field.entries().len() > 1 {
            return load.error("what is not loaded signs nobody in and refuses nobody: state nothing beside it");
        }
        return match load.string("refused")? {
            "refused" => Some(Expected::NotLoaded),
            _ => load.expected_shown("refused"),
        };
    }
    match (user.is_set(), error.is_set()) {
        (true, false) => success(field, &user).map(Expected::SignedIn),
        (false, true) => {
            if let Some(other) = SUCCESS.into_iter().find(|key| field.key(key).is_set()) {
                return field.key(other).error("where there is an error, nobody is signed in: state one of them");
            }
            refusal(&error).map(Expected::Refused)
        }
        (true, true) => field.error("expected either a user or an error"),
        (false, false) => field.error("expected a user, an error, or load: refused; who is signed in must be stated"),
    }
}

fn success(field: &Field<'_>, user: &Field<'_>) -> Option<Success> {
    let set = |key: &str| Some(field.key(key)).filter(Field::is_set);
    let user = user.string("a whole entity ref").and_then(|text| whole_ref(user, text));
    let ownership = set("ownership").map(|field| refs(&field));
    let profile = set("profile").map(|field| profile(&field));
    let claims = set("claims").map(|field| match field.json() {
        Some(Json::Object(claims)) => Some(claims),
        _ => field.expected("an object of claims"),
    });
    Some(Success {
        user: user?,
        ownership: ownership.map_or(Some(None), |refs| refs.map(Some))?,
        profile: profile.map_or(Some(None), |profile| profile.map(Some))?,
        claims: claims.map_or(Some(None), |claims| claims.map(Some))?,
    })
}

fn refs(field: &Field<'_>) -> Option<Vec<EntityRef>> {
    field.items()?.iter().map(|item| whole_ref(item, item.string("a whole entity ref")?)).collect::<Vec<_>>().into_iter().collect()
}

/// A ref as a token holds it, so that nothing has to be guessed.
fn whole_ref(field: &Field<'_>, text: &str) -> Option<EntityRef> {
    match EntityRef::parse(text, "", "") {
        Ok(whole) if whole.as_str() == text => Some(whole),
        Ok(whole) => field.error(format!("expected the ref as it stands in a token: {whole}")),
        Err(_) => field.expected_shown("a whole entity ref, such as user:default/alice"),
    }
}

fn profile(field: &Field<'_>) -> Option<Profile> {
    field.only(&["email", "displayName", "picture"]);
    let member = |key: &str| {
        let field = field.key(key);
        if field.is_set() { field.any_text("a text").map(|text| Some(text.to_owned())) } else { Some(None) }
    };
    let (email, display_name, picture) = (member("email"), member("displayName"), member("picture"));
    Some(Profile { email: email?, display_name: display_name?, picture: picture? })
}

fn refusal(field: &Field<'_>) -> Option<Refusal> {
    field.only(&["name", "status", "message", "code"]);
    let (status, message, code) = (field.key("status"), field.key("message"), field.key("code"));
    let name = field.key("name").required_string("a name such as NotAllowedError").and_then(|text| error_name(&field.key("name"), text));
    if name == Some(ErrorName::NotFound)
        && let Some(further) = [&status, &message, &code].into_iter().find(|field| field.is_set())
    {
        return further.error("nobody gets to see a not-found of a resolver: the chain goes on, so state its name alone");
    }
    let status = status.is_set().then(|| status.integer(400..=599)).map_or(Some(None), |status| status.map(Some));
    let text = |field: &Field<'_>| if field.is_set() { field.string("a text").map(|text| Some(text.to_owned())) } else { Some(None) };
    let (message, code) = (text(&message), text(&code));
    Some(Refusal { name: name?, status: status?, message: message?, code: code? })
}

fn error_name(field: &Field<'_>, text: &str) -> Option<ErrorName> {
    let names = ErrorName::ALL.map(ErrorName::as_str).join(", ");
    ErrorName::ALL.into_iter().find(|name| name.as_str() == text).or_else(|| field.expected_shown(&format!("one of {names}")))
}

/// For tests of the format.
#[cfg(test)]
mod tests {
    use super::super::CaseFile;

    fn faults(expect: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.cases.yaml");
        std::fs::write(&path, format!("cases: [{{ name: a, expect: {expect} }}]")).unwrap();
        let faults = CaseFile::read(&path).map(|_| ()).unwrap_err().to_string();
        faults.replace(&format!("{}: cases[\"a\"].", path.display()), "")
    }

    #[test]
    fn what_nothing_could_meet_is_a_fault() {
        insta::assert_snapshot!(faults("{}"), @"expect: expected a user, an error, or load: refused; who is signed in must be stated");
        insta::assert_snapshot!(faults("{ user: alice }"), @r#"expect.user: expected a whole entity ref, such as user:default/alice, got "alice""#);
        insta::assert_snapshot!(faults("{ user: 'user:default/Alice', ownership: ['group:default/a', team] }"), @r#"
        expect.user: expected the ref as it stands in a token: user:default/alice
        expect.ownership[1]: expected a whole entity ref, such as user:default/alice, got "team"
        "#);
        insta::assert_snapshot!(faults("{ user: 'user:default/a', error: { name: Error } }"), @"expect: expected either a user or an error");
        insta::assert_snapshot!(faults("{ ownership: [], error: { name: Error } }"), @"expect.ownership: where there is an error, nobody is signed in: state one of them");
        insta::assert_snapshot!(faults("{ error: { name: NotFound } }"), @r#"expect.error.name: expected one of InputError, AuthenticationError, NotAllowedError, NotFoundError, ConflictError, NotImplementedError, ServiceUnavailableError, ResponseError, Error, got "NotFound""#);
        insta::assert_snapshot!(faults("{ error: { name: NotFoundError, message: x } }"), @"expect.error.message: nobody gets to see a not-found of a resolver: the chain goes on, so state its name alone");
        insta::assert_snapshot!(faults("{ error: { name: Error, staus: 500 } }"), @"expect.error.staus: unknown key; did you mean status?");
        insta::assert_snapshot!(faults("{ user: 'user:default/a', profile: { name: A }, claims: [] }"), @r"
        expect.profile.name: unknown key; the keys here are email, displayName, picture
        expect.claims: expected an object of claims, got a list
        ");
    }
}
