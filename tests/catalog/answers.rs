//! What a catalog, or whatever stands in its place, may answer: nobody signs in who was not asked for.

use std::fmt::Write;

use stagedoor::{
    domain::query::{FilterTerm, UserQuery},
    ports::catalog::{Catalog, CatalogError},
};

use super::*;

const NONSENSE: &str = "503 ServiceUnavailableError";
const NOBODY: &str = "500 Error";

/// What the name "alice" signs in as where the catalog answers this.
async fn answered(reply: Reply) -> String {
    let stub = Stub::start(move |_| reply.clone());
    sign_in(&by_name(&stub).await, "alice").await
}

async fn entity(entity: Value) -> String {
    answered(Reply::Json(200, entity.to_string())).await
}

#[tokio::test]
async fn only_whom_the_catalog_was_asked_for_signs_in() {
    assert_eq!(entity(user("alice")).await, "200 user:default/alice");
    assert_eq!(entity(user("Alice")).await, "200 user:default/alice");
    let mut other = user("alice");
    other["metadata"]["namespace"] = "other".into();
    let mut group = user("alice");
    group["kind"] = "Group".into();
    for wrong in [user("bob"), other, group, json!({}), json!([user("alice")]), json!("alice"), json!(true)] {
        assert_eq!(entity(wrong.clone()).await, NONSENSE, "{wrong}");
    }
    assert_eq!((entity(Value::Null).await, answered(Reply::Json(404, "{}".into())).await), (NOBODY.into(), NOBODY.into()));
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_and_never_nobody() {
    let raw = |text: &str| Reply::Raw(text.as_bytes().to_vec());
    for (what, reply) in [
        ("no JSON", raw("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>")),
        ("no UTF-8", Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xff\xfe".to_vec())),
        ("nothing", raw("HTTP/1.1 204 No Content\r\n\r\n")),
        ("an empty body", raw("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")),
        ("half a body", raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")),
        ("half a chunk", raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{")),
        ("not modified", raw("HTTP/1.1 304 Not Modified\r\n\r\n")),
        ("no HTTP", raw("SSH-2.0-OpenSSH_9.2\r\n\r\n")),
        ("a status that is none", raw("HTTP/1.1 999 X\r\ncontent-length: 4\r\n\r\nnull")),
        ("two lengths", raw("HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nnull")),
    ] {
        assert_eq!(answered(reply).await, NONSENSE, "{what}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_to_its_end() {
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{";
    assert_eq!(answered(Reply::Raw(announced.into())).await, NONSENSE);
    let mut streamed = String::from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    for _ in 0..9 {
        let _ = write!(streamed, "100000\r\n{}\r\n", " ".repeat(1 << 20));
    }
    streamed += "4\r\nnull\r\n0\r\n\r\n";
    assert_eq!(answered(Reply::Raw(streamed.into_bytes())).await, NONSENSE);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_token_goes_nowhere_else() {
    let elsewhere = Stub::start(|_| Reply::Json(200, user("alice").to_string()));
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let head = format!("HTTP/1.1 {status}\r\nlocation: http://{}/x\r\ncontent-length: 0\r\n\r\n", elsewhere.address);
        assert_eq!(answered(Reply::Raw(head.into_bytes())).await, NONSENSE, "{status}");
    }
    assert_eq!(elsewhere.calls(), 0);
}

#[tokio::test]
async fn a_list_is_searched_once_more() {
    let list = |entities: Vec<Value>| Stub::start(move |_| Reply::Json(200, Value::from(entities.clone()).to_string()));
    let by_email = async |stub: &Stub| {
        let app = App::start(&config(stub.address, BY_EMAIL, "cache: { ttl: 0 }", "")).await;
        sign_in_by_email(&app, "alice@example.com").await
    };
    assert_eq!(by_email(&list(vec![user("alice")])).await, "200 user:default/alice");
    assert_eq!(by_email(&list(vec![])).await, NOBODY);
    assert_eq!(by_email(&list(vec![user("bob"), user("alice"), user("carol")])).await, "200 user:default/alice", "a catalog that filters too little");
    assert_eq!(by_email(&list(vec![user("bob")])).await, NOBODY, "or finds somebody else");
    let mut twin = user("bob");
    twin["spec"]["profile"]["email"] = "Alice@Example.com".into();
    assert_eq!(by_email(&list(vec![user("alice"), twin])).await, "409 ConflictError");
    let mut group = user("alice");
    group["kind"] = "Group".into();
    for wrong in [group, json!({}), json!(null)] {
        assert_eq!(by_email(&list(vec![user("alice"), wrong.clone()])).await, NONSENSE, "{wrong}");
    }
}

#[tokio::test]
async fn annotations_are_compared_exactly_on_whom_comes_back() {
    let stub = Stub::start(|_| Reply::Json(200, json!([user("alice")]).to_string()));
    let catalog = by_name(&stub).await.wired.catalog;
    let find = async |value: &str| {
        let query = UserQuery::annotations(vec![("example.com/login".into(), value.into())]).unwrap();
        catalog.find_user(&query).await.unwrap().map(|user| user.entity_ref.to_string())
    };
    assert_eq!(find("login-alice").await.as_deref(), Some("user:default/alice"));
    assert_eq!((find("Login-Alice").await, find("login-bob").await), (None, None));
}

/// Two terms with one key are an "and"; the catalog reads them as an "or".
#[tokio::test]
async fn what_the_catalog_reads_more_widely_is_narrowed_again() {
    let stub = Stub::start(|_| Reply::Json(200, json!([user("alice"), user("bob")]).to_string()));
    let catalog = by_name(&stub).await.wired.catalog;
    let name = |name: &str| FilterTerm { key: "metadata.name".into(), values: vec![name.into()] };
    let query = UserQuery::filter(vec![vec![name("alice"), name("bob")]]).unwrap();
    assert_eq!(catalog.find_user(&query).await, Ok(None));
    let query = UserQuery::filter(vec![vec![name("alice")], vec![name("bob")]]).unwrap();
    assert_eq!(catalog.find_user(&query).await, Err(CatalogError::Conflict));
}

#[tokio::test]
async fn who_asks_is_told_by_the_token_that_is_configured() {
    let stub = Stub::start(found);
    let authorization = |stub: &Stub| {
        let last = stub.asked().pop().expect("a call");
        last.headers.iter().find(|line| line.starts_with("authorization:")).cloned()
    };
    let plugin = by_name(&stub).await;
    assert_eq!(sign_in(&plugin, "alice").await, "200 user:default/alice");
    let token = authorization(&stub).expect("a service token of the plugin auth");
    assert!(token.starts_with("authorization: bearer ey") && token.split('.').count() == 3, "{token}");
    assert_eq!((sign_in(&plugin, "bob").await, authorization(&stub)), ("200 user:default/bob".into(), Some(token)), "one token serves many calls");
    let app = App::start(&config(stub.address, BY_NAME, "token: token-of-the-catalog", "")).await;
    assert_eq!(sign_in(&app, "alice").await, "200 user:default/alice");
    assert_eq!(authorization(&stub).as_deref(), Some("authorization: bearer token-of-the-catalog"));
    assert_eq!(stub.asked()[0].target, "/api/catalog/entities/by-name/User/default/alice");
}

#[tokio::test]
async fn a_refusal_of_the_catalog_is_passed_on_without_what_is_nobodys_business() {
    let refusal = |body: Value| async move {
        let stub = Stub::start(move |_| Reply::Json(403, body.to_string()));
        by_name(&stub).await.refresh(&[("x-forwarded-user", "alice")]).await.json()["error"].clone()
    };
    let body = json!({
        "error": { "name": "NotAllowedError", "message": "no", "stack": "at /srv/secret.js", "cause": { "stack": "x" } },
        "request": { "method": "GET", "url": "/entities" }, "response": { "statusCode": 200 }, "more": "x",
    });
    assert_eq!(
        refusal(body).await,
        json!({
            "name": "ResponseError", "message": "Request failed with 403 Forbidden", "response": { "size": 0, "timeout": 0 },
            "body": {
                "error": { "name": "NotAllowedError", "message": "no" }, "request": { "method": "GET", "url": "/entities" },
                "response": { "statusCode": 403 },
            },
            "cause": { "name": "NotAllowedError", "message": "no" }, "statusCode": 403, "statusText": "Forbidden",
        })
    );
    let large = json!({ "error": { "name": "x".repeat(5000), "message": "no" }, "response": {} });
    assert_eq!(refusal(large).await["cause"], json!({ "name": "Error", "message": "Request failed with status 403 Forbidden" }));
    let other = json!({ "oops": true });
    assert_eq!(refusal(other).await["cause"]["message"], "Request failed with status 403 Forbidden, {\"oops\":true}");
}

/// What would lead elsewhere in the catalog's API is not asked at all.
#[tokio::test]
async fn a_name_never_leaves_its_step_of_the_path() {
    let stub = Stub::start(|_| Reply::Json(404, "{}".into()));
    let app = by_name(&stub).await;
    for name in [".", "..", "../default/alice", "other/dave", "a:b", "a,b"] {
        assert_eq!(sign_in(&app, name).await, NOBODY, "{name}");
    }
    assert_eq!(stub.calls(), 0);
    for (name, step) in [
        ("%2e%2e", "%252e%252e"),
        ("a?b=c", "a%3Fb%3Dc"),
        ("a#b", "a%23b"),
        ("a\\b", "a%5Cb"),
        ("a b@c", "a%20b%40c"),
        ("...", "..."),
        ("jürgen", "j%C3%BCrgen"),
    ] {
        assert_eq!(sign_in(&app, name).await, NOBODY, "{name}");
        assert_eq!(stub.asked().pop().unwrap().target, format!("/api/catalog/entities/by-name/User/default/{step}"));
    }
}
