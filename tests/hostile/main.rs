//! Resolvers that nobody should write, through the real router: each fails the one sign-in in which it does its deed, with a stable error, and
//! nothing else.
//!
//! The guests behave towards everybody but mallory, so the sign-ins that go on beside the deed are those of the very same component.

mod permits;

use std::fmt::Write;

use serde_json::{Value, json};
use stagedoor::domain::grant::Power;
use stagedoor_tests::{
    Answer, App,
    guests::{Chain, Door},
};

const MALLORY: (&str, &str) = ("x-forwarded-user", "mallory");

/// Signs in somebody towards whom every guest behaves.
async fn signs_in(app: &App, name: &str) {
    let answer = app.refresh(&[("x-forwarded-user", name)]).await;
    assert_eq!(answer.user(), Some(format!("user:default/{name}")), "{answer:?}");
}

/// The whole answer to a failure of a guest.
fn assert_failed(answer: &Answer, status: u16, name: &str, message: &str, code: &str) {
    let body = json!({
        "error": { "name": name, "message": message, "code": code },
        "request": { "method": "GET", "url": "/oauth2Proxy/refresh" },
        "response": { "statusCode": status },
    });
    assert_eq!((answer.status.as_u16(), answer.json()), (status, body));
    let decision = answer.headers["stagedoor-decision"].to_str().unwrap();
    assert!(decision.len() == 32 && decision.bytes().all(|digit| digit.is_ascii_hexdigit()), "{decision}");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

fn assert_trapped(answer: &Answer) {
    assert_failed(answer, 500, "Error", "The sign-in resolver failed", "resolver-trapped");
}

/// Lets mallory in three times, beside others and after one another, and looks at every answer.
async fn deed(guest: &str, headers: &[(&str, &str)], check: fn(&Answer)) {
    let app = Chain::of(guest).limit("timeout", "500 ms").start().await;
    let headers = [&[MALLORY], headers].concat();
    signs_in(&app, "alice").await;
    for _ in 0..3 {
        let (answer, (), ()) = tokio::join!(app.refresh(&headers), signs_in(&app, "bob"), signs_in(&app, "alice"));
        check(&answer);
        signs_in(&app, "bob").await;
    }
}

/// One test for each guest: `name: what is checked`.
macro_rules! deeds {
    ($($guest:ident: $check:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $guest() {
            deed(stringify!($guest), &[], $check).await;
        }
    )*};
}

deeds! {
    traps: assert_trapped;
    eats_stack: assert_trapped;
    asks_too_often: assert_trapped;
    many_handles: assert_trapped;
    exits: assert_trapped;
    looks_up_table: assert_trapped;
    state_leak: assert_trapped;
    eats_memory: |answer| assert_failed(answer, 500, "Error", "The sign-in resolver ran out of memory", "resolver-out-of-memory");
    loops: |answer| assert_failed(answer, 503, "ServiceUnavailableError", "The sign-in took too long", "resolver-timeout");
    sleeps: |answer| assert_eq!(answer.user().as_deref(), Some("user:default/alice"), "an hour is over at once: {answer:?}");
    writes_too_much: |answer| assert_eq!(answer.user().as_deref(), Some("user:default/alice"), "{answer:?}");
    opens_files: |answer| assert_eq!(answer.user().as_deref(), Some("user:default/alice"), "there are none: {answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn huge_string() {
    for place in ["log", "note", "header", "query", "message", "profile"] {
        deed("huge_string", &[("x-place", place)], assert_trapped).await;
    }
}

/// What the operator learns, by guest: the cause in the record. The client learns none of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_record_says_why() {
    let mut causes = String::new();
    for guest in ["traps", "eats_stack", "asks_too_often", "many_handles", "exits", "looks_up_table", "eats_memory", "loops", "huge_string"] {
        let app = Chain::of(guest).limit("timeout", "500 ms").start().await;
        let door = Door::of(&app).await;
        let (result, record) = door.sign_in(&[MALLORY, ("x-place", "log")]).await;
        let error = result.unwrap_err();
        assert_eq!(record.outcome, error.code.unwrap().as_str());
        assert_eq!((record.attempts.len(), record.attempts[0].error), (1, Some(record.outcome)));
        let _ = writeln!(causes, "{guest}: {}, blame {}: {}", record.outcome, record.blame.unwrap(), record.cause.unwrap());
    }
    insta::assert_snapshot!(causes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_lines_and_notes_is_counted_and_cut() {
    let app = Chain::of("writes_too_much").start().await;
    let (_, record) = Door::of(&app).await.sign_in(&[MALLORY]).await;
    let attempt = &record.attempts[0];
    assert!(attempt.log_lines > 1000, "{} lines were wanted", attempt.log_lines);
    assert_eq!(attempt.notes.len(), 16);
}

/// What a guest may do often costs the record one word.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_counted_and_not_listed() {
    let app = Chain::of("keeps_asking").grants(json!({ "issue-self": "deny" })).limit("timeout", "20 s").start().await;
    let (result, record) = Door::of(&app).await.sign_in(&[MALLORY]).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(record.attempts[0].refusals, [Power::IssueSelf]);
}

/// A question that is cheap to ask and dear to answer is not asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asks_for_much() {
    let app = Chain::of("asks_for_much").start().await;
    signs_in(&app, "alice").await;
    let answer = app.refresh(&[MALLORY]).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_deref()), (400, Some("InputError")), "{answer:?}");
    let (_, record) = Door::of(&app).await.sign_in(&[MALLORY]).await;
    assert!(record.attempts[0].look_ups.is_empty());
}

/// What a guest gives out through powers is held until its call ends, for all of its identities together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gives_much() {
    let anything = json!({ "kinds": [".*"], "namespaces": [".*"], "names": [".*"] });
    let app = Chain::of("gives_much").grants(json!({ "add-ownership": anything, "add-token-claims": { "claims": ["groups"] } })).start().await;
    for (place, message) in
        [("refs", "A resolver may give out at most 2000 refs of ownership"), ("claims", "A resolver may give out at most 8192 bytes of claims")]
    {
        signs_in(&app, "alice").await;
        let answer = app.refresh(&[MALLORY, ("x-place", place)]).await;
        assert_eq!((answer.status.as_u16(), answer.json()["error"]["message"].as_str()), (400, Some(message)), "{answer:?}");
    }
}

/// Look-ups are those of the whole chain: two resolvers that miss leave fewer to a third.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_chain_shares_its_look_ups() {
    let chain = || Chain::of("look_first").then_known("look_first").then_known("look_first");
    let nobody = [("x-forwarded-user", "nobody")];
    let door = Door::of(&chain().limit("catalogLookups", 3).start().await).await;
    assert_eq!(door.sign_in(&nobody).await.1.outcome, "Error");
    let door = Door::of(&chain().limit("catalogLookups", 2).start().await).await;
    assert_eq!(door.sign_in(&nobody).await.1.outcome, "resolver-trapped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_final_and_the_next_resolver_is_not_asked() {
    for guest in ["traps", "exits", "eats_memory", "asks_too_often"] {
        let app = Chain::of(guest).then("annotation").start().await;
        let answer = app.refresh(&[MALLORY]).await;
        assert!(answer.error().is_some_and(|code| code.starts_with("resolver-")), "{answer:?}");
        let (_, record) = Door::of(&app).await.sign_in(&[MALLORY]).await;
        assert_eq!(record.attempts.len(), 1);
    }
}

/// The deadline is one for the whole chain: whoever comes first uses up the time of those behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_has_one_deadline() {
    let app = Chain::of("annotation").then("loops").then_known("loops").limit("timeout", "300 ms").start().await;
    let started = std::time::Instant::now();
    let answer = app.refresh(&[MALLORY]).await;
    assert_eq!((answer.error().as_deref(), answer.status.as_u16()), (Some("resolver-timeout"), 503));
    assert!(started.elapsed().as_millis() >= 300, "not before its time");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_of_an_earlier_call() {
    // One slot after the other, each used several times: by calls that end, and by calls that trap with everything dirty.
    let app = Chain::of("state_leak").limit("concurrency", Value::from(1)).start().await;
    for _ in 0..20 {
        signs_in(&app, "alice").await;
        assert_trapped(&app.refresh(&[MALLORY]).await);
    }
}
