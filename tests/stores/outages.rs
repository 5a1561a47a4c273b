//! A database that goes away: nobody is signed in by halves, and it is used again as soon as it is back.

use std::time::{Duration, Instant};

use stagedoor_tests::{App, postgres::Postgres};

use crate::{KEYS, alice, app, config, kid, kids, knows_alice, pg};

async fn refused(app: &App) {
    let answer = app.refresh(&[("x-forwarded-user", "alice")]).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_deref(), answer.token()), (503, Some("ServiceUnavailableError"), None), "{answer:?}");
    assert!(!answer.text.contains("postgres") && !answer.text.contains("127.0.0.1"), "the reason is for the log: {}", answer.text);
}

/// Signs in until that works, and says how long it took.
async fn recovered(app: &App) -> (String, Duration) {
    let started = Instant::now();
    loop {
        if let Some(token) = app.refresh(&[("x-forwarded-user", "alice")]).await.token() {
            return (token, started.elapsed());
        }
        assert!(started.elapsed() < Duration::from_secs(20), "it never came back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_database_nobody_is_signed_in_and_with_it_everybody_is() {
    let Some(postgres) = Postgres::start("a database that goes away") else { return };
    let database = pg(&postgres.url("db"));
    let (fresh, app) = (app(&database).await, app(&database).await);
    let token = alice(&app).await;
    let published = kids(&app, KEYS).await;
    postgres.stop();

    refused(&fresh).await;
    app.clock.advance(Duration::from_secs(6));
    refused(&app).await;
    assert_eq!(kids(&app, KEYS).await, published, "the last known keys");
    let answer = crate::user_info(&app, &token).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_deref()), (503, Some("ServiceUnavailableError")), "the token is fine, the table is away");
    assert_eq!(app.refresh(&[]).await.status, 500, "other refusals stay what they are");

    postgres.start_again();
    for app in [&fresh, &app] {
        let (token, took) = recovered(app).await;
        println!("signed in {took:?} after the database was back");
        assert!(kids(&fresh, KEYS).await.contains(&kid(&token)));
        assert!(knows_alice(&fresh, &token).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_whose_claims_cannot_be_stored_is_not_signed_in() {
    let Some(postgres) = Postgres::start("claims that cannot be stored") else { return };
    let app = app(&pg(&postgres.url("db"))).await;
    alice(&app).await;
    postgres.query("db", "ALTER TABLE user_info RENAME TO away");
    app.clock.advance(Duration::from_secs(6));
    refused(&app).await;
    postgres.query("db", "ALTER TABLE away RENAME TO user_info");
    alice(&app).await;
    postgres.query("db", "ALTER TABLE signing_keys RENAME TO away");
    app.clock.advance(Duration::from_hours(1));
    refused(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_hangs_is_given_up() {
    let Some(postgres) = Postgres::start("a table that somebody has locked") else { return };
    let app = app(&pg(&postgres.url("db"))).await;
    alice(&app).await;
    app.clock.advance(Duration::from_secs(6));
    let holder = postgres.holding("db", "LOCK TABLE user_info");
    let held = "SELECT pid FROM pg_locks WHERE relation = 'user_info'::regclass AND mode = 'AccessExclusiveLock' AND granted";
    let pid = loop {
        let pid = postgres.query("db", held);
        if !pid.is_empty() {
            break pid;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    refused(&app).await;
    postgres.query("db", &format!("SELECT pg_terminate_backend({pid})"));
    drop(holder);
    alice(&app).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_cannot_be_used_ends_the_start_and_no_password_is_shown() {
    let Some(postgres) = Postgres::start("databases that cannot be used") else { return };
    let port = stagedoor_tests::backstage::free_port();
    let fault = async |database: &str| {
        let error = App::try_start(&config(database)).await.err().expect("it does not start");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("hunter2"), "{text}");
        error.to_string().replace(&postgres.port.to_string(), "[port]").replace(&port.to_string(), "[nobody]")
    };
    let nobody = fault(&format!("{{ client: pg, connection: 'postgres://bob:hunter2@127.0.0.1:{port}' }}")).await;
    assert!(nobody.starts_with("backend.database: PostgreSQL at 127.0.0.1:[nobody], database backstage_plugin_auth cannot be used: "), "{nobody}");
    assert!(
        nobody.contains("refused") && nobody.ends_with("; see that it runs, that this host reaches it, and that user and password are right"),
        "{nobody}"
    );
    let url = postgres.url("other");
    let missing = fault(&format!("{{ client: pg, ensureExists: false, connection: {url:?} }}")).await;
    assert!(missing.contains(r#"database "backstage_plugin_auth" does not exist"#), "{missing}");
    postgres.query("postgres", "CREATE DATABASE other");
    let skipped = fault(
        &format!("{{ client: pg, skipMigrations: true, plugin: {{ auth: {{ connection: {url:?} }} }}, connection: x }}")
            .replace("connection: x", &format!("connection: {url:?}")),
    )
    .await;
    assert!(skipped.contains("skipMigrations is set"), "{skipped}");
    postgres
        .query("other", "CREATE TABLE knex_migrations (id serial, name text); INSERT INTO knex_migrations (name) VALUES ('20200619125845_init.js')");
    let outdated = fault(&pg(&url)).await;
    assert!(outdated.contains("start Backstage's auth plugin"), "{outdated}");
    assert_eq!(postgres.query("other", "SELECT count(*) FROM pg_tables WHERE tablename IN ('signing_keys', 'user_info')"), "0", "nothing half made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_of_knex_is_respected() {
    let Some(postgres) = Postgres::start("a migration of somebody else") else { return };
    postgres.query("postgres", "CREATE DATABASE db");
    let lock =
        "CREATE TABLE knex_migrations_lock (index serial PRIMARY KEY, is_locked integer); INSERT INTO knex_migrations_lock (is_locked) VALUES (1)";
    postgres.query("db", lock);
    let database = pg(&postgres.url("db"));
    let starting = app(&database);
    let unlocking = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let made = postgres.query("db", "SELECT count(*) FROM pg_tables WHERE tablename = 'user_info'");
        postgres.query("db", "UPDATE knex_migrations_lock SET is_locked = 0");
        made
    };
    let (app, made_meanwhile) = tokio::join!(starting, unlocking);
    assert_eq!(made_meanwhile, "0");
    alice(&app).await;
    assert_eq!(postgres.query("db", "SELECT is_locked FROM knex_migrations_lock"), "0");
}

#[test]
fn the_binary_ends_with_code_1_since_a_database_may_come_back() {
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("app-config.yaml");
    let port = stagedoor_tests::backstage::free_port();
    let text = config(&format!("{{ client: pg, connection: 'postgres://bob:hunter2@127.0.0.1:{port}/x' }}"));
    std::fs::write(&file, format!("{text}stagedoor: {{ listen: '127.0.0.1:0' }}\n")).unwrap();
    for (command, code, says) in
        [("serve", 1, "error: backend.database: PostgreSQL at 127.0.0.1:"), ("check", 0, "warning: backend.database: PostgreSQL at 127.0.0.1:")]
    {
        let state = format!("\"{}\"", stagedoor_tests::state_directory().display());
        let mut run = std::process::Command::new(stagedoor_tests::binary());
        let output = run.args([command, "--config"]).arg(&file).env_clear().env("APP_CONFIG_stagedoor_stateDir", state).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{err}");
        assert!(err.contains(says), "{err}");
        assert!(!err.contains("hunter2") && !out.contains("hunter2"), "{err}");
    }
}

#[test]
fn the_environment_does_not_reach_the_connection() {
    let Some(postgres) = Postgres::start("variables of the driver") else { return };
    let directory = tempfile::TempDir::new().unwrap();
    let file = directory.path().join("app-config.yaml");
    std::fs::write(&file, format!("{}stagedoor: {{ listen: '127.0.0.1:0' }}\n", config(&pg(&postgres.url("db"))))).unwrap();
    for (name, value) in [("PGOPTIONS", "-c search_path=nowhere"), ("PGSSLROOTCERT", "/nowhere"), ("PGSSLCERT", "/nowhere"), ("PGSSLKEY", "/nowhere")]
    {
        let state = format!("\"{}\"", stagedoor_tests::state_directory().display());
        let mut run = std::process::Command::new(stagedoor_tests::binary());
        run.args(["serve", "--config"]).arg(&file).env_clear().env("APP_CONFIG_stagedoor_stateDir", state).env(name, value);
        let output = run.output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{err}");
        assert!(err.contains(&format!("{name} is set in the environment and would change the connection; unset it")), "{err}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_and_its_stores_have_one_deadline() {
    let Some(postgres) = Postgres::start("a table that is locked for longer than a sign-in may take") else { return };
    let text = config(&pg(&postgres.url("db"))) + "stagedoor: { limits: { timeout: 300ms } }\n";
    let app = App::start(&text).await;
    let token = alice(&app).await;
    app.clock.advance(Duration::from_secs(6));
    let _holder = postgres.holding("db", "LOCK TABLE user_info");
    let held = "SELECT count(*) FROM pg_locks WHERE relation = 'user_info'::regclass AND mode = 'AccessExclusiveLock' AND granted";
    while postgres.query("db", held) == "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The server itself gives up a second later.
    let started = Instant::now();
    let answer = app.refresh(&[("x-forwarded-user", "alice")]).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_deref()), (503, Some("ServiceUnavailableError")), "{answer:?}");
    assert!(started.elapsed() < Duration::from_millis(1400), "{:?}", started.elapsed());
    let started = Instant::now();
    assert_eq!(crate::user_info(&app, &token).await.status, 503);
    assert!(started.elapsed() < Duration::from_millis(1400), "{:?}", started.elapsed());
}
