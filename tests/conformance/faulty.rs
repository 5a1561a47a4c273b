//! The catalog of suite `faulty`: it fails in the way that the name which is looked up asks for, as the reference's stub does.

use std::sync::LazyLock;

use serde_json::{Value, json};
use stagedoor_tests::stub::{Asked, Reply, Stub};

static STUB: LazyLock<Stub> = LazyLock::new(|| Stub::start(answer));

/// The suite's name.
pub(crate) const FAULTY: &str = "faulty";

/// What a server changes in its configuration to ask this catalog, every time.
pub(crate) fn changes() -> Value {
    json!({
        "discovery": { "endpoints": [{ "target": format!("http://{}/api/{{{{pluginId}}}}", STUB.address), "plugins": ["catalog"] }] },
        "stagedoor": { "catalog": { "source": "backstage", "cache": { "ttl": 0 } } },
    })
}

fn answer(asked: &Asked) -> Reply {
    let name = asked.target.rsplit('/').next().unwrap_or_default();
    let error = |status: u16, name: &str, message: &str| {
        // In the order in which a Backstage writes it, since it is repeated in that order.
        let (name, message, url) = (json!(name), json!(message), json!(asked.target));
        let error = format!(r#"{{"name":{name},"message":{message}}}"#);
        let body = format!(r#"{{"error":{error},"request":{{"method":"GET","url":{url}}},"response":{{"statusCode":{status}}}}}"#);
        Reply::Json(status, body)
    };
    let user = |name: &str, namespace: &str, relations: Value| json!({ "kind": "User", "metadata": { "name": name, "namespace": namespace }, "relations": relations });
    let found = |entity: Value| Reply::Json(200, entity.to_string());
    let raw = |head: &str, body: &str| Reply::Raw(format!("HTTP/1.1 {head}\r\nconnection: close\r\n\r\n{body}").into_bytes());
    match name {
        "s401" => error(401, "AuthenticationError", "Illegal token"),
        "s403" => error(403, "NotAllowedError", "no"),
        "s409" => error(409, "ConflictError", "c"),
        "s503" => error(503, "ServiceUnavailableError", "down"),
        "s500text" => raw("500 Internal Server Error", "oops"),
        "s404html" => raw("404 Not Found\r\ncontent-type: text/html", "<html>"),
        "s302" => raw("302 Found\r\nlocation: /api/catalog/entities/by-name/User/default/ok", ""),
        "s200bad" => Reply::Json(200, "{oops".into()),
        "s200null" => Reply::Json(200, "null".into()),
        "s200empty" => found(json!({})),
        "destroy" => Reply::Close,
        "norel" => found(json!({ "kind": "User", "metadata": { "name": "NoRel" } })),
        "group" => found(json!({ "kind": "Group", "metadata": { "name": "G", "namespace": "X" }, "relations": [] })),
        "rels" => found(user("rels", "ns", json!([{ "type": "memberOf", "targetRef": "group:default/b" }]))),
        "relsbad" => found(json!({ "kind": "User", "metadata": { "name": "x" }, "relations": [{ "type": "memberOf" }] })),
        // The tokens of the suite are hers.
        "alice" => found(user("alice", "default", json!([]))),
        _ => found(user("ok", "default", json!([]))),
    }
}
