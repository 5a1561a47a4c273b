//! The port answers before the server can: health at once, sign-ins when the start is over.

use std::{
    fs,
    io::Write,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use stagedoor_tests::door::{Door, Settings};

use crate::{LIVENESS, REFRESH};

const ALICE: &str = "kind: User\napiVersion: backstage.io/v1alpha1\nmetadata: { name: alice }\nspec: { memberOf: [] }\n";
const NOT_STARTED: &str = r#"{"error":{"name":"ServiceUnavailableError","message":"Service has not started up yet"},"request":{"method":"GET","url":"/oauth2Proxy/refresh"},"response":{"statusCode":503}}"#;

/// A server whose start waits for a catalog: its file is a pipe, and opening one waits for the other end.
fn starting(config: &str) -> Door {
    Door::spawn(&Settings { config, ..Settings::default() }, |directory| {
        assert!(Command::new("mkfifo").arg(directory.join("org.yaml")).status().expect("mkfifo").success());
    })
}

/// Lets the start go on.
fn write_catalog(door: &Door, text: &str) {
    fs::OpenOptions::new().write(true).open(door.directory.path().join("org.yaml")).unwrap().write_all(text.as_bytes()).unwrap();
}

#[test]
fn health_is_answered_at_once_and_a_sign_in_waits_for_the_start() {
    let mut door = starting("");
    let not_ready = door.wait_for(|_| true);
    assert_eq!((not_ready.status, not_ready.body()), (503, r#"{"message":"Backend has not started yet","status":"error"}"#));
    assert_eq!(door.get(LIVENESS, &[]).body(), r#"{"status":"ok"}"#);
    assert_eq!(door.get("/api/catalog/entities", &[]).status, 404, "what is not the plugin's does not wait");
    let waiting = thread::spawn({
        let place = door.place.clone();
        move || stagedoor_tests::wire::get(&place, REFRESH, &[("x-forwarded-user", "alice")]).unwrap()
    });
    // Long enough for the request to be there; if it were not, the test would only prove less.
    thread::sleep(Duration::from_millis(200));
    assert!(!waiting.is_finished(), "it waits");
    write_catalog(&door, ALICE);
    assert!(waiting.join().unwrap().is_alice());
    door.wait_for(|answer| answer.status == 200);
}

#[test]
fn who_waited_long_enough_is_told_so_in_backstages_words() {
    let mut door = starting("backend: { lifecycle: { startupRequestPauseTimeout: { milliseconds: 300 } } }");
    door.wait_for(|_| true);
    let begun = Instant::now();
    let refused = door.get(REFRESH, &[("x-forwarded-user", "alice")]);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!((refused.status, refused.body()), (503, NOT_STARTED));
    for path in ["/api/auth/v1/userinfo", "/API/auth//.well-known/jwks.json", "/api/auth/github/start"] {
        assert_eq!(door.get(path, &[]).status, 503, "{path}");
    }
    write_catalog(&door, ALICE);
    door.wait_for(|answer| answer.status == 200);
    assert!(door.get(REFRESH, &[("x-forwarded-user", "alice")]).is_alice());
}

#[test]
fn a_start_that_fails_signs_nobody_in() {
    let mut door = starting("");
    door.wait_for(|_| true);
    let waiting = thread::spawn({
        let place = door.place.clone();
        move || stagedoor_tests::wire::get(&place, REFRESH, &[("x-forwarded-user", "alice")])
    });
    thread::sleep(Duration::from_millis(200));
    write_catalog(&door, "kind: User\nmetadata: [\n");
    assert_eq!(door.ended(), Some(78), "{}", door.log());
    assert!(door.log().contains("error: ") && waiting.join().unwrap().is_err());
}

#[test]
fn a_stop_during_the_start_tells_those_who_wait() {
    let mut door = starting("");
    door.wait_for(|_| true);
    let waiting = thread::spawn({
        let place = door.place.clone();
        move || stagedoor_tests::wire::get(&place, REFRESH, &[("x-forwarded-user", "alice")]).unwrap()
    });
    thread::sleep(Duration::from_millis(200));
    door.signal("TERM");
    let refused = waiting.join().unwrap();
    assert_eq!(refused.status, 503);
    assert!(refused.body().contains("Service is shutting down"), "{}", refused.text);
    assert_eq!(door.ended(), Some(0), "{}", door.log());
}
