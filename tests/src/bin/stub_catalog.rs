//! A catalog that answers at once, for measurements: the users of an entity file by name, over HTTP, without looking at tokens.
//!
//! usage: stub-catalog FILE PORT

use std::{collections::HashMap, env, error::Error, fs, net::Ipv4Addr, sync::Arc};

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

type Users = Arc<HashMap<String, String>>;

#[tokio::main(worker_threads = 1)]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [file, port] = &arguments[..] else { return Err("usage: stub-catalog FILE PORT".into()) };
    let users: Users = Arc::new(users(&fs::read_to_string(file)?)?);
    let routes = Router::new()
        .route("/api/catalog/entities/by-name/{kind}/{namespace}/{name}", get(by_name))
        .route("/api/catalog/entities/by-refs", axum::routing::post(by_refs))
        .with_state(users);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse()?)).await?;
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn by_name(State(users): State<Users>, Path((_, _, name)): Path<(String, String, String)>) -> Response {
    match users.get(&name) {
        Some(user) => ([(CONTENT_TYPE, "application/json; charset=utf-8")], user.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn by_refs(State(users): State<Users>, body: String) -> Response {
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    let mut text = String::from("{\"items\":[");
    for (nth, entity_ref) in body["entityRefs"].as_array().into_iter().flatten().filter_map(Value::as_str).enumerate() {
        if nth > 0 {
            text.push(',');
        }
        text.push_str(users.get(entity_ref.rsplit('/').next().unwrap_or_default()).map_or("null", String::as_str));
    }
    text.push_str("]}");
    ([(CONTENT_TYPE, "application/json; charset=utf-8")], text).into_response()
}

/// The users of a file whose every document is one line of JSON, with their relations as the catalog gives them.
fn users(text: &str) -> Result<HashMap<String, String>, serde_json::Error> {
    let mut users = HashMap::new();
    for line in text.lines().filter(|line| line.starts_with('{')) {
        let mut entity: Value = serde_json::from_str(line)?;
        if entity["kind"] == "User" {
            entity["metadata"]["namespace"] = "default".into();
            let groups = entity["spec"]["memberOf"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let relations: Vec<_> = groups.map(|group| json!({ "type": "memberOf", "targetRef": format!("group:default/{group}") })).collect();
            entity["relations"] = relations.into();
            users.insert(entity["metadata"]["name"].as_str().unwrap_or_default().to_owned(), entity.to_string());
        }
    }
    Ok(users)
}
