//! `sensitive-headers`: a token or a cookie only through the power, only by its name, and only if it came once.

use serde_json::json;
use stagedoor::domain::grant::Power;
use stagedoor_tests::{
    App,
    guests::{self, Chain, Door},
};

const ALICE: (&str, &str) = ("x-forwarded-user", "alice");
const ALL: [&str; 9] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "x-forwarded-access-token",
    "x-auth-request-access-token",
    "x-access-token",
    "x-oauth2-proxy-id-token",
    "gap-auth",
    "gap-signature",
];

async fn door(headers: &[&str]) -> App {
    Chain::of("sensitive_headers").grants(json!({ "sensitive-headers": { "headers": headers } })).start().await
}

/// What the guest read: through the power, and without it.
async fn read(app: &App, headers: &[(&str, &str)]) -> (Option<String>, String) {
    let answer = app.refresh(&[&[ALICE], headers].concat()).await;
    assert_eq!(answer.user().as_deref(), Some("user:default/alice"), "{answer:?}");
    let profile = &answer.json()["profile"];
    (profile["displayName"].as_str().map(str::to_owned), profile["email"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn each_of_them_is_read_as_it_came_and_stays_hidden_otherwise() {
    let app = door(&ALL).await;
    for name in ALL {
        // Of the ID token the host wants to see a form; see `tests/conformance`.
        let value = if name == "x-oauth2-proxy-id-token" { "Bearer eyJhbGciOiJub25lIn0.e30." } else { "a value" };
        assert_eq!(read(&app, &[(name, value), ("x-read", &name.to_uppercase())]).await, (Some(value.to_owned()), "hidden".to_owned()), "{name}");
        assert_eq!(read(&app, &[("x-read", name)]).await.0, None, "{name} is absent");
    }
}

#[tokio::test]
async fn one_that_came_twice_reads_as_absent_and_cookies_are_joined() {
    let app = door(&["authorization", "cookie"]).await;
    let twice = [("x-read", "authorization"), ("authorization", "Bearer a.b.c"), ("authorization", "Bearer d.e.f")];
    assert_eq!(read(&app, &twice).await.0, None);
    assert_eq!(read(&app, &[("x-read", "cookie"), ("cookie", "a=1"), ("cookie", "b=2")]).await.0.as_deref(), Some("a=1; b=2"));
}

#[tokio::test]
async fn no_grant_names_another_header() {
    for name in ["x-forwarded-user", "x-forwarded-groups", "x-anything", "set-cookie", "author*"] {
        let chain = Chain::of("sensitive_headers").grants(json!({ "sensitive-headers": { "headers": ["cookie", name] } }));
        let refusal = chain.refusal().await.to_string();
        assert!(refusal.contains(&format!("{name:?} is no sensitive header; those are authorization, ")), "{refusal}");
    }
}

/// The grant of one resolver is not one of the next, though the request holds the header for both.
#[tokio::test]
async fn each_resolver_of_the_chain_has_its_own_grant() {
    let guest = guests::path("sensitive_headers");
    let chain = Chain::of("sensitive_headers").grants(json!({ "sensitive-headers": { "headers": ["cookie"] } }));
    let app = chain.then_file("second", &guest).grants(json!({ "sensitive-headers": "deny" })).start().await;
    let headers = [("x-forwarded-user", "nobody"), ("x-read", "cookie"), ("cookie", "a=1"), ("x-swallow", "yes")];
    let (_, record) = Door::of(&app).await.sign_in(&headers).await;
    let refusals: Vec<_> = record.attempts.iter().map(|attempt| &attempt.refusals[..]).collect();
    assert_eq!(refusals, [&[][..], &[Power::SensitiveHeaders]]);
}

/// Opaque, so that nothing but the host's memory of having shown it can tell what it is.
#[tokio::test]
async fn what_was_shown_gets_into_no_record_as_it_is() {
    let door = Door::of(&door(&["authorization"]).await).await;
    for (leak, cause) in [("note", ""), ("error", "***"), ("panic", "saw ***")] {
        let headers = [ALICE, ("x-read", "authorization"), ("authorization", "Bearer opaque-0123456789"), ("x-leak", leak)];
        let (result, record) = door.sign_in(&headers).await;
        let notes: Vec<_> = record.attempts[0].notes.iter().map(|(_, note)| note.as_str()).collect();
        assert_eq!(notes, ["***", "<***>"]);
        let told = record.cause.unwrap_or_default();
        assert!(told.contains(cause) && !told.contains("0123456789"), "{told}");
        assert!(!result.err().is_some_and(|error| error.message.contains("0123456789")));
    }
}
