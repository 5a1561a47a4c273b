//! Keys and user info in real databases: replicas, outages, poolers, and the real Backstage on the same tables.

mod fixed;
mod outages;
mod replicas;
mod service;
mod sqlite;
mod take_over;
mod tls;

use serde_json::Value;
use stagedoor_tests::{Answer, App};

/// The key set of user tokens.
pub(crate) const KEYS: &str = "/api/auth/.well-known/jwks.json";
/// The key set of service tokens.
pub(crate) const SERVICE_KEYS: &str = "/api/auth/.backstage/auth/v1/jwks.json";

/// An app-config with two users and this database.
pub(crate) fn config(database: &str) -> String {
    let entities = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/catalog/entities.yaml");
    format!(
        "backend:\n  baseUrl: http://127.0.0.1:7007\n  database: {database}\n\
         auth: {{ providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ resolver: forwardedUserMatchingUserEntityName }}] }} }} }} }}\n\
         catalog: {{ rules: [{{ allow: [User, Group] }}], locations: [{{ type: file, target: {entities:?} }}] }}\n"
    )
}

/// `backend.database` of a PostgreSQL at this URL, whose path names the plugin's own database.
pub(crate) fn pg(url: &str) -> String {
    format!("{{ client: pg, connection: {url:?}, plugin: {{ auth: {{ connection: {url:?} }} }} }}")
}

/// A server on a database.
pub(crate) async fn app(database: &str) -> App {
    App::start(&config(database)).await
}

/// Signs alice in and gives her token.
pub(crate) async fn alice(app: &App) -> String {
    let answer = app.refresh(&[("x-forwarded-user", "alice")]).await;
    answer.token().unwrap_or_else(|| panic!("{answer:?}"))
}

/// The ids of the published keys, in order.
pub(crate) async fn kids(app: &App, path: &str) -> Vec<String> {
    let answer = app.get(path, &[]).await;
    let keys = answer.json();
    keys["keys"].as_array().unwrap_or_else(|| panic!("{answer:?}")).iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The id of the key that signed a token.
pub(crate) fn kid(token: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

/// `/v1/userinfo` for the holder of a token.
pub(crate) async fn user_info(app: &App, token: &str) -> Answer {
    app.get("/api/auth/v1/userinfo", &[("authorization", &format!("Bearer {token}"))]).await
}

/// Whether it answers about alice.
pub(crate) async fn knows_alice(app: &App, token: &str) -> bool {
    user_info(app, token).await.json()["claims"]["sub"] == "user:default/alice"
}
