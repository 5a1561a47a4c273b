//! A SQLite file: across restarts, with two servers, and where there should be none.

use std::{fs, path::Path};

use stagedoor_tests::{App, guests};
use tempfile::TempDir;

use crate::{KEYS, alice, app, config, kid, kids, knows_alice, user_info};

fn in_directory(directory: &Path) -> String {
    format!("{{ client: better-sqlite3, connection: {{ directory: '{}' }} }}", directory.display())
}

#[tokio::test]
async fn keys_and_claims_outlive_a_restart() {
    let directory = TempDir::new().unwrap();
    let database = in_directory(&directory.path().join("made/here"));
    let before = app(&database).await;
    let token = alice(&before).await;
    drop(before);
    let after = app(&database).await;
    assert_eq!(kids(&after, KEYS).await, [kid(&token)]);
    assert!(knows_alice(&after, &token).await);
    let second = alice(&after).await;
    assert_eq!(kids(&after, KEYS).await, [kid(&token), kid(&second)], "oldest first");
    assert!(directory.path().join("made/here/auth.sqlite").exists());
}

/// As Backstage stores them: behind `sub` and `ent`.
#[tokio::test]
async fn further_claims_outlive_a_restart() {
    let directory = TempDir::new().unwrap();
    let guest = guests::path("add_token_claims");
    let component = format!("{{ source: {guest:?}, grants: {{ add-token-claims: {{ claims: [groups] }} }} }}");
    let config = config(&in_directory(directory.path())).replace("forwardedUserMatchingUserEntityName", "guest");
    let config = format!("{config}stagedoor: {{ components: {{ guest: {component} }} }}\n");
    let before = App::start(&config).await;
    let answer = before.refresh(&[("x-forwarded-user", "alice"), ("x-claims", r#"{"groups":["a\\b",null]}"#)]).await;
    let token = answer.token().unwrap_or_else(|| panic!("{answer:?}"));
    drop(before);
    let stored = user_info(&App::start(&config).await, &token).await.text;
    assert!(stored.starts_with(r#"{"claims":{"sub":"user:default/alice","ent":["#), "{stored}");
    assert!(stored.ends_with(r#"],"groups":["a\\b",null]}}"#), "{stored}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_may_share_a_file_and_make_it_together() {
    let directory = TempDir::new().unwrap();
    let database = in_directory(directory.path());
    let (one, other) = tokio::join!(app(&database), app(&database));
    let token = alice(&one).await;
    assert!(knows_alice(&other, &token).await);
    assert_eq!(kids(&other, KEYS).await, [kid(&token)]);
}

#[tokio::test]
async fn without_a_configured_database_there_is_a_file_in_the_state_directory() {
    let directory = TempDir::new().unwrap();
    let state = directory.path().join("state");
    let config = |more: &str| config("~").replace("auth: {", &format!("auth: {{ {more}"));
    let start = async |more: &str, state: &Path| App::start_in(&config(more), state).await;
    let app = start("", &state).await;
    let token = alice(&app).await;
    assert!(app.wired.places.ends_with("state/auth.sqlite"), "{}", app.wired.places);
    drop(app);
    assert_eq!(kids(&start("", &state).await, KEYS).await, [kid(&token)]);
    let app = start("keyStore: { provider: memory }, ", &state).await;
    assert!(kids(&app, KEYS).await.is_empty() && app.wired.places.starts_with("in memory; user info in "), "{}", app.wired.places);
}

#[tokio::test]
async fn a_file_that_is_no_database_ends_the_start() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("auth.sqlite"), "this is no database, and longer than a header would be: it is not overwritten").unwrap();
    let error = App::try_start(&config(&in_directory(directory.path()))).await.err().unwrap().to_string();
    assert!(error.contains("auth.sqlite cannot be used") && error.contains("not a database"), "{error}");
    fs::write(directory.path().join("file"), "").unwrap();
    let error = App::try_start(&config(&in_directory(&directory.path().join("file")))).await.err().unwrap().to_string();
    assert!(error.contains("name a file that this user may create and write to"), "{error}");
}

#[tokio::test]
async fn check_and_try_touch_no_database() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("app-config.yaml");
    fs::write(&file, config(&in_directory(&directory.path().join("db")))).unwrap();
    for arguments in [&["check"][..], &["try", "--header", "x-forwarded-user: alice"]] {
        let mut command = std::process::Command::new(stagedoor_tests::binary());
        command.args(arguments).arg("--config").arg(&file).env("APP_CONFIG_stagedoor_stateDir", format!("{:?}", stagedoor_tests::state_directory()));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!directory.path().join("db").exists(), "{arguments:?}");
    }
}
