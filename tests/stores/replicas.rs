//! Two servers on one PostgreSQL, directly and through a pooler in transaction mode.

use std::time::Duration;

use stagedoor_tests::postgres::{Pgbouncer, Postgres};

use crate::{KEYS, SERVICE_KEYS, alice, app, kid, kids, knows_alice, pg, user_info};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_one_verifies_through_the_other_from_its_first_use() {
    let Some(postgres) = Postgres::start("replicas on PostgreSQL") else { return };
    let database = pg(&postgres.url("shared"));
    // Both find no database, no table.
    let (one, other) = tokio::join!(app(&database), app(&database));
    assert!(kids(&other, KEYS).await.is_empty(), "the other one knows that there is no key");

    let token = alice(&one).await;
    assert!(knows_alice(&other, &token).await, "the other one never saw this key");
    assert_eq!(kids(&other, KEYS).await, [kid(&token)]);

    let back = alice(&other).await;
    assert_ne!(kid(&back), kid(&token), "each signs with its own key");
    assert!(kids(&one, KEYS).await.contains(&kid(&back)) && knows_alice(&one, &back).await);

    for service in [&one, &other] {
        service.wired.service_tokens.token("catalog").await.unwrap();
    }
    let service_kids = kids(&one, SERVICE_KEYS).await;
    assert_eq!((service_kids.len(), &service_kids), (2, &kids(&other, SERVICE_KEYS).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_rotate_and_expire_for_all_replicas_and_outlive_a_restart() {
    let Some(postgres) = Postgres::start("rotation on PostgreSQL") else { return };
    let database = pg(&postgres.url("shared"));
    let (one, other) = (app(&database).await, app(&database).await);
    let first = alice(&one).await;
    for app in [&one, &other] {
        app.clock.advance(HOUR);
    }
    assert!(user_info(&other, &first).await.status == 401, "the token has expired");
    let second = alice(&one).await;
    assert_ne!(kid(&first), kid(&second));
    let both = [kid(&first), kid(&second)];
    let published = kids(&other, KEYS).await;
    assert!(both.iter().all(|kid| published.contains(kid)), "{both:?} {published:?}");
    assert_eq!(published.first(), both.first(), "oldest first");

    drop(one);
    let restarted = app(&database).await;
    restarted.clock.advance(HOUR);
    assert_eq!(kids(&restarted, KEYS).await, published);
    assert!(knows_alice(&restarted, &second).await);

    // Three lifetimes after the first key was made.
    restarted.clock.advance(2 * HOUR);
    let left = kids(&restarted, KEYS).await;
    assert!(!left.contains(&kid(&first)) && left.contains(&kid(&second)), "{left:?}");
    assert_eq!(postgres.query("shared", &format!("SELECT count(*) FROM signing_keys WHERE kid = '{}'", kid(&first))), "0", "and it is deleted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_the_table_is_not_believed_because_it_stands_there() {
    let Some(postgres) = Postgres::start("hostile rows in PostgreSQL") else { return };
    let app = app(&pg(&postgres.url("shared"))).await;
    let token = alice(&app).await;
    let insert = |kid: &str, key: &str| postgres.query("shared", &format!("INSERT INTO signing_keys (kid, key) VALUES ('{kid}', $${key}$$)"));
    insert("breaks out", r#"{"kty":"EC"}],"keys":[{"#);
    insert("private", r#"{"kty":"EC","crv":"P-256","x":"x","y":"y","d":"secret","kid":"private","alg":"ES256"}"#);
    insert("symmetric", r#"{"kty":"oct","k":"c2VjcmV0","kid":"symmetric","alg":"HS256"}"#);
    insert("none", r#"{"kty":"EC","kid":"none","alg":"none"}"#);
    assert_eq!(kids(&app, KEYS).await, [kid(&token)]);
    for kid in ["private", "symmetric", "none"] {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let header = format!(r#"{{"typ":"vnd.backstage.user","alg":"HS256","kid":"{kid}"}}"#);
        let claims = r#"{"sub":"user:default/alice","iat":1,"exp":9999999999}"#;
        let forged = format!("{}.{}.c2lnbmF0dXJl", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(user_info(&app, &forged).await.status, 401, "{kid}");
    }
    postgres.query("shared", "UPDATE user_info SET user_info = '{}'");
    assert_eq!(user_info(&app, &token).await.status, 503);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_with_a_time_that_is_none_takes_no_other_key_away() {
    let Some(postgres) = Postgres::start("unreadable times in PostgreSQL") else { return };
    let database = pg(&postgres.url("shared"));
    let one = app(&database).await;
    let token = alice(&one).await;
    one.wired.service_tokens.token("catalog").await.unwrap();
    let service = kids(&one, SERVICE_KEYS).await;
    for time in ["infinity", "-infinity", "294276-12-31", "0044-03-15 BC"] {
        postgres.query("shared", &format!("INSERT INTO signing_keys (kid, key, created_at) VALUES ('{time}', 'x', '{time}')"));
    }
    for time in ["garbage", "", "infinity", "2026-02-31T00:00:00.000Z"] {
        let row = format!("INSERT INTO backstage_backend_public_keys__keys (id, key, expires_at) VALUES ('bad {time}', 'x', '{time}')");
        postgres.query("shared", &row);
    }
    postgres.query("shared", "INSERT INTO backstage_backend_public_keys__keys (id, key, expires_at) VALUES ('old', 'x', '1999-01-01T00:00:00.000Z')");
    postgres.query("shared", "INSERT INTO signing_keys (kid, key, created_at) VALUES ('old', 'x', '1999-01-01')");
    let started = app(&database).await;
    for app in [&one, &started] {
        assert_eq!((kids(app, KEYS).await, kids(app, SERVICE_KEYS).await), (vec![kid(&token)], service.clone()));
    }
    assert_eq!(postgres.query("shared", "SELECT kid FROM signing_keys WHERE kid = 'old'"), "", "those that have expired are deleted all the same");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_signing_key_signs_no_more_and_lost_rows_heal() {
    let Some(postgres) = Postgres::start("revoked keys in PostgreSQL") else { return };
    let app = app(&pg(&postgres.url("shared"))).await;
    let revoked = alice(&app).await;
    postgres.query("shared", "DELETE FROM signing_keys");
    app.clock.advance(Duration::from_secs(11));
    assert!(kids(&app, KEYS).await.is_empty(), "a reading finds that it is gone");
    assert_eq!(user_info(&app, &revoked).await.status, 401);
    let token = alice(&app).await;
    assert_ne!(kid(&token), kid(&revoked));
    assert_eq!(kids(&app, KEYS).await, [kid(&token)]);
    assert!(knows_alice(&app, &token).await);
    assert_eq!(kid(&alice(&app).await), kid(&token), "and that one stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_are_written_once_in_five_seconds_unless_they_change() {
    let Some(postgres) = Postgres::start("user info on PostgreSQL") else { return };
    let app = app(&pg(&postgres.url("shared"))).await;
    let token = alice(&app).await;
    let stored = || postgres.query("shared", "SELECT user_entity_ref, user_info, created_at = updated_at FROM user_info");
    let row = stored();
    assert!(row.starts_with(r#"user:default/alice|{"claims":{"sub":"user:default/alice","ent":["user:default/alice","#), "{row}");
    postgres.query("shared", "DELETE FROM user_info");
    alice(&app).await;
    assert_eq!(stored(), "", "written a moment ago");
    assert_eq!(user_info(&app, &token).await.status, 404, "what others did to the table counts");
    app.clock.advance(Duration::from_secs(5));
    alice(&app).await;
    assert_eq!(stored().split('|').nth(1), row.split('|').nth(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_in_transaction_mode_changes_nothing() {
    let Some(postgres) = Postgres::start("replicas behind pgbouncer") else { return };
    let Some(pooler) = Pgbouncer::start(&postgres, "replicas behind pgbouncer") else { return };
    for (database, place) in [
        ("by_database", pg(&pooler.url("by_database"))),
        (
            "by_schema",
            format!("{{ client: pg, pluginDivisionMode: schema, schemaPrefix: x_, role: tables, connection: {:?} }}", pooler.url("by_schema")),
        ),
    ] {
        postgres.query("postgres", &format!("CREATE DATABASE {database}"));
        if database == "by_schema" {
            postgres.query("postgres", "CREATE ROLE tables");
            postgres.query(database, "GRANT CREATE ON DATABASE by_schema TO tables");
        }
        let (one, other) = tokio::join!(app(&place), app(&place));
        let token = alice(&one).await;
        // More clients at once than there are sessions, so that a statement left in a session would meet somebody else.
        let users = (0..40).map(|nth| {
            let (app, name) = (if nth % 2 == 0 { &one } else { &other }, if nth % 4 < 2 { "alice" } else { "bob" });
            let token = token.clone();
            async move {
                app.clock.advance(Duration::from_secs(6));
                let answer = app.refresh(&[("x-forwarded-user", name)]).await;
                assert_eq!(answer.status, 200, "{answer:?}");
                assert_eq!(user_info(app, &token).await.status, 200);
                kids(app, KEYS).await.len()
            }
        });
        let seen = stagedoor_tests::joined(users).await;
        assert!(seen.iter().all(|count| (1..=2).contains(count)), "{seen:?}");
        let schema = if database == "by_schema" { "x_auth" } else { "public" };
        assert_eq!(postgres.query(database, &format!("SELECT count(*) FROM {schema}.user_info")), "2");
        if database == "by_schema" {
            assert_eq!(postgres.query(database, "SELECT tableowner FROM pg_tables WHERE tablename = 'user_info'"), "tables");
        }
    }
}
