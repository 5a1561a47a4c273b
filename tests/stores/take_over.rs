//! The real Backstage and this server on the same tables, one after the other.

use std::path::Path;

use serde_json::Value;
use stagedoor_tests::{
    App,
    backstage::{Backstage, BackstageKit, Plugins},
    postgres::Postgres,
};
use tempfile::TempDir;

use crate::{KEYS, alice, app, kid, kids, knows_alice, pg};

/// What signs anybody in: the catalog is not there.
fn backstage_config(database: &str) -> String {
    format!(
        "app: {{ baseUrl: 'http://localhost:3000' }}\n\
         backend: {{ baseUrl: 'http://127.0.0.1:{{port}}', listen: {{ host: 127.0.0.1, port: {{port}} }}, database: {database} }}\n\
         auth: {{ environment: development, providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ resolver: forwardedUserMatchingUserEntityName, \
         dangerouslyAllowSignInWithoutUserInCatalog: true }}] }} }} }} }}\n"
    )
}

fn get(backstage: &Backstage, path: &str, header: (&str, &str)) -> Value {
    let (status, body) = backstage.get(path, &[header]);
    assert_eq!(status, 200, "{path}: {body}\n{}", backstage.log());
    serde_json::from_str(&body).unwrap()
}

fn token_of_backstage(backstage: &Backstage) -> String {
    let body = get(backstage, "/api/auth/oauth2Proxy/refresh", ("x-forwarded-user", "alice"));
    body["backstageIdentity"]["token"].as_str().unwrap().to_owned()
}

fn published_by_backstage(backstage: &Backstage) -> Vec<String> {
    let set = get(backstage, KEYS, ("accept", "*/*"));
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// Backstage makes the tables, we use them, and Backstage goes on.
async fn there_and_back(kit: &BackstageKit, database: &str) {
    let config = backstage_config(database);
    let first = kit.start(Plugins::Auth, &config);
    let its_token = token_of_backstage(&first);
    drop(first);

    let ours = app(database).await;
    assert_eq!(kids(&ours, KEYS).await, [kid(&its_token)], "its key is published here");
    assert!(knows_alice(&ours, &its_token).await, "its token verifies, and its claims are there");
    let our_token = alice(&ours).await;
    drop(ours);

    let second = kit.start(Plugins::Auth, &config);
    let mut expected = vec![kid(&its_token), kid(&our_token)];
    let mut published = published_by_backstage(&second);
    expected.sort();
    published.sort();
    assert_eq!(published, expected);
    for token in [its_token, our_token] {
        let info = get(&second, "/api/auth/v1/userinfo", ("authorization", &format!("Bearer {token}")));
        assert_eq!(info["claims"]["sub"], "user:default/alice");
        assert!(info["claims"]["ent"].as_array().unwrap().len() > 1, "what our catalog said: {info}");
    }
    side_by_side(&second, &app(database).await).await;
}

/// Both at once, as two replicas.
async fn side_by_side(backstage: &Backstage, ours: &App) {
    assert!(knows_alice(ours, &token_of_backstage(backstage)).await);
    let token = alice(ours).await;
    get(backstage, "/api/auth/v1/userinfo", ("authorization", &format!("Bearer {token}")));
    assert_eq!(kids(ours, KEYS).await.len(), published_by_backstage(backstage).len());
}

/// We make the tables, and Backstage finds nothing to do.
async fn ours_first(kit: &BackstageKit, database: &str, schema: impl Fn() -> String) -> String {
    let ours = app(database).await;
    let token = alice(&ours).await;
    ours.wired.service_tokens.token("catalog").await.unwrap();
    drop(ours);
    let made = schema();
    let backstage = kit.start(Plugins::Auth, &backstage_config(database));
    assert_eq!(published_by_backstage(&backstage), [kid(&token)]);
    let info = get(&backstage, "/api/auth/v1/userinfo", ("authorization", &format!("Bearer {token}")));
    assert_eq!(info["claims"]["sub"], "user:default/alice");
    token_of_backstage(&backstage);
    assert_eq!(schema(), made, "it migrated nothing");
    made
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql() {
    let Some(postgres) = Postgres::start("taking over a PostgreSQL database from Backstage") else { return };
    let Some(kit) = BackstageKit::prepared("taking over a PostgreSQL database from Backstage") else { return };
    Box::pin(there_and_back(&kit, &pg(&postgres.url("its")))).await;
    let made = Box::pin(ours_first(&kit, &pg(&postgres.url("ours")), || postgres.schema("ours"))).await;
    assert_eq!(made, postgres.schema("its"), "our tables are those of Backstage's migrations");
    let names = |database: &str| {
        ["knex_migrations", "backstage_backend_public_keys__knex_migrations"]
            .map(|table| postgres.query(database, &format!("SELECT id, name, batch FROM {table} ORDER BY id")))
    };
    assert_eq!(names("ours"), names("its"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    let Some(kit) = BackstageKit::prepared("taking over a SQLite database from Backstage") else { return };
    let directory = TempDir::new().unwrap();
    let at = |name: &str| format!("{{ client: better-sqlite3, connection: {{ directory: '{}' }} }}", directory.path().join(name).display());
    let schema = |name: &str| kit.sqlite_schema(&directory.path().join(name).join("auth.sqlite"));
    Box::pin(there_and_back(&kit, &at("its"))).await;
    let made = Box::pin(ours_first(&kit, &at("ours"), || schema("ours"))).await;
    assert_eq!(made, schema("its"), "our tables are those of Backstage's migrations");
    assert!(Path::new(directory.path()).join("its/auth.sqlite").exists());
}
