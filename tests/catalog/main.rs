//! The catalog over HTTP: the real one, one that lies, and one that is down. Sign-ins go through the real router.

mod answers;
mod groups;
mod https;
mod outages;
mod real;
mod together;

use serde_json::{Value, json};
use stagedoor_tests::{
    Answer, App,
    stub::{Asked, Reply, Stub},
};

const BY_NAME: &str = "forwardedUserMatchingUserEntityName";
const BY_EMAIL: &str = "emailMatchingUserEntityProfileEmail";

/// A server that asks the catalog at this address, with these further keys of `stagedoor.catalog` and of `stagedoor`.
fn config(address: impl std::fmt::Display, resolver: &str, catalog: &str, further: &str) -> String {
    format!(
        "auth: {{ providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ resolver: {resolver} }}] }} }} }} }}\n\
         discovery: {{ endpoints: [{{ target: 'http://{address}/api/{{{{pluginId}}}}', plugins: ['*'] }}] }}\n\
         stagedoor: {{ catalog: {{ source: backstage, {catalog} }}, {further} }}\n"
    )
}

/// A server that asks this stub for users by name, every time.
async fn by_name(stub: &Stub) -> App {
    App::start(&config(stub.address, BY_NAME, "cache: { ttl: 0 }", "")).await
}

async fn sign_in(app: &App, name: &str) -> String {
    shown(&app.refresh(&[("x-forwarded-user", name)]).await)
}

async fn sign_in_by_email(app: &App, email: &str) -> String {
    shown(&app.refresh(&[("x-forwarded-email", email)]).await)
}

/// Who signed in, or the status with the name or code of the error.
fn shown(answer: &Answer) -> String {
    let outcome = answer.user().or_else(|| answer.error()).unwrap_or_default();
    format!("{} {outcome}", answer.status.as_u16())
}

fn user(name: &str) -> Value {
    json!({
        "metadata": { "namespace": "default", "name": name, "annotations": { "example.com/login": format!("login-{name}") } },
        "apiVersion": "backstage.io/v1alpha1", "kind": "User", "spec": { "profile": { "email": format!("{name}@example.com") } },
        "relations": [{ "type": "memberOf", "targetRef": "group:default/team-a" }],
    })
}

/// The name that is looked up.
fn name_of(asked: &Asked) -> &str {
    asked.target.rsplit('/').next().unwrap_or_default()
}

/// A catalog in which everybody is, under their own name.
fn found(asked: &Asked) -> Reply {
    Reply::Json(200, user(name_of(asked)).to_string())
}
