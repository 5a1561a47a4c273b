//! `sensitive-headers`: a token or a cookie only through the power, only by its name, and only if it came once.

use serde_json::json;
use stagedoor::domain::grant::Power;
use stagedoor_tests::{
    App,
    guests::{self, Chain, Door},
    logs::said_by_components,
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
async fn what_was_shown_gets_into_no_record_and_no_log_as_it_is() {
    let door = Door::of(&door(&["authorization", "cookie"]).await).await;
    let (long, longer) = (format!("Bearer {}", "opaque".repeat(1000)), "opaque".repeat(3000));
    let whole = ["saw *** ***=key value=***", "saw ***", r#"quoted "***""#];
    for (name, value, said) in [
        ("authorization", "Bearer opaque-0123456789", &whole[..]),
        ("authorization", &long, &whole),
        ("cookie", "theme=dark; session=opaque-0123456789", &whole),
        ("cookie", r#"sid="opaque-0123456789""#, &[whole[0], whole[1], r#"quoted "sid=\"***\"""#]),
        // Nothing is kept of stdout behind it.
        ("cookie", &longer, &whole[..2]),
    ] {
        for (leak, message, cause) in
            [("note", None, None), ("error", Some("no ***"), Some("***")), ("panic", Some("The sign-in resolver failed"), Some("unreachable"))]
        {
            let headers = [ALICE, ("x-read", name), (name, value), ("x-leak", leak)];
            let ((result, record), lines) = said_by_components(door.sign_in(&headers)).await;
            let notes: Vec<_> = record.attempts[0].notes.iter().map(|(_, note)| note.as_str()).collect();
            assert_eq!((notes, record.attempts[0].shown.as_slice()), (vec!["***", "<***>"], &[name.to_owned()][..]));
            assert_eq!(lines[..said.len()], *said, "{name}, {leak}");
            assert_eq!(lines.len() > said.len(), leak == "panic" && said.len() == 3, "{lines:?}");
            let told = (result.err().map(|error| error.message.into_owned()), record.cause.unwrap_or_default());
            assert_eq!(told.0.as_deref(), message);
            assert!(told.1.contains(cause.unwrap_or_default()) && cause.is_some() != told.1.is_empty(), "{told:?}");
            assert!(!lines.concat().contains("opaque") && !told.1.contains("opaque"), "{lines:?} {told:?}");
        }
    }
}

/// Whoever chooses the cookie does not choose what the host says.
#[tokio::test]
async fn what_the_host_says_itself_is_not_masked() {
    let door = Door::of(&door(&["cookie"]).await).await;
    let cookie = "resolver; sensitive-headers; unreachable; out of the bounds";
    let (result, record) = door.sign_in(&[ALICE, ("x-read", "cookie"), ("cookie", cookie), ("x-then", "authorization")]).await;
    assert_eq!(result.unwrap_err().message, "The resolver may not use sensitive-headers for this header");
    assert!(record.cause.unwrap().starts_with("the header \"authorization\": out of the bounds of stagedoor.components.sensitive_headers."));
    let (_, record) = door.sign_in(&[ALICE, ("x-read", "cookie"), ("cookie", cookie), ("x-leak", "panic")]).await;
    assert!(record.cause.unwrap().contains("`unreachable`"));
    // But a name that the guest has made of it is its own word.
    let secret = [ALICE, ("x-read", "cookie"), ("cookie", "opaque-0123456789"), ("x-then", "opaque-0123456789")];
    let (_, record) = door.sign_in(&secret).await;
    assert!(record.cause.unwrap().starts_with("the header \"***\": out of the bounds"));
}

/// Neither a name that a guest makes up nor a header of this length belongs into the record.
#[tokio::test]
async fn the_record_quotes_little_of_a_guest() {
    let door = Door::of(&door(&["cookie"]).await).await;
    let (_, record) = door.sign_in(&[ALICE, ("x-read", &"x".repeat(5000))]).await;
    let cause = record.cause.unwrap();
    assert!(cause.len() < 300 && cause.contains("x…\": out of the bounds"), "{cause}");
    assert!(record.attempts[0].shown.is_empty());
}
