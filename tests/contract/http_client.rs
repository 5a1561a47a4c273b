//! `http-client` from a component to a server and back: what is sent, what comes back, and what it may cost.

use std::sync::Arc;

use serde_json::{Value, json};
use stagedoor::domain::grant::Power;
use stagedoor_tests::{
    Answer, App, KnownNames,
    guests::{Chain, Door},
    logs::said_by_components,
    stub::{Asked, Reply, Stub},
};

use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use super::refused;

pub(super) const ALICE: (&str, &str) = ("x-forwarded-user", "alice");
pub(super) const SECRET: &str = "hunter2-hunter2";

/// The guest that asks, with a grant of everything below `/orgs/` at these servers.
pub(super) fn asks(bases: &[&str], credentials: &[&str]) -> Chain {
    let place = |base: &&str| json!({ "url": format!("{base}/orgs/"), "methods": ["GET", "POST", "PUT", "HEAD"] });
    let destinations: Vec<_> = bases.iter().map(place).collect();
    Chain::of("http_client").grants(json!({ "http-client": { "destinations": destinations, "credentials": credentials } }))
}

pub(super) fn base(stub: &Stub) -> String {
    format!("http://{}", stub.address)
}

/// An answer without a body that leads elsewhere.
pub(super) fn redirect(status: u16, location: &str) -> Reply {
    Reply::Raw(format!("HTTP/1.1 {status} Elsewhere\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n").into())
}

/// What the guest shows of an answer.
pub(super) fn shown(answer: &Answer) -> String {
    assert!(answer.user().is_some(), "{answer:?}");
    answer.json()["profile"]["displayName"].as_str().unwrap_or_default().to_owned()
}

/// A server that tells what it was asked.
pub(super) fn mirror() -> Stub {
    Stub::start(|asked: &Asked| {
        let Asked { method, target, headers, body, .. } = asked;
        Reply::Json(200, json!({ "method": method, "target": target, "headers": headers, "body": body }).to_string())
    })
}

/// What it was told, as the guest shows it.
fn told(answer: &Answer) -> Value {
    let shown = shown(answer);
    serde_json::from_str(shown.split_once(" bytes: ").unwrap().1).unwrap()
}

#[tokio::test]
async fn a_request_arrives_as_it_was_written_and_no_more() {
    let stub = mirror();
    let app = asks(&[&base(&stub)], &[]).start().await;
    let url = format!("{}/orgs/corp%40x?q=a%2Fb&at=../c", base(&stub));
    let answer =
        app.refresh(&[ALICE, ("x-url", &url), ("x-method", "POST"), ("x-header", "Prefer:a b|content-type:text/plain"), ("x-body", "hello")]).await;
    let told = told(&answer);
    assert_eq!((&told["method"], &told["body"]), (&json!("POST"), &json!("hello")));
    assert_eq!(told["target"], "/orgs/corp%40x?q=a%2Fb&at=../c", "a query is free");
    let mut headers: Vec<_> = told["headers"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    headers.sort_unstable();
    let host = format!("host: {}", stub.address);
    let agent = format!("user-agent: stagedoor/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        headers,
        ["accept: */*", "content-length: 5", "content-type: text/plain", &host, "prefer: a b", &agent],
        "nothing of the sign-in goes along"
    );
}

#[tokio::test]
async fn every_status_is_an_answer_and_no_cookie_comes_back() {
    let stub = Stub::start(|asked: &Asked| {
        let status = asked.target.rsplit('/').next().unwrap_or_default().to_owned();
        Reply::Raw(format!("HTTP/1.1 {status} X\r\nX-Kept: yes\r\nset-cookie: a=b\r\nSet-Cookie2: c=d\r\ncontent-length: 2\r\n\r\nno").into())
    });
    let app = asks(&[&base(&stub)], &[]).start().await;
    for status in ["200", "299", "300", "400", "404", "500", "599"] {
        let answer = app.refresh(&[ALICE, ("x-url", &format!("{}/orgs/{status}", base(&stub)))]).await;
        assert_eq!(shown(&answer), format!("{status} [x-kept: yes, content-length: 2] 2 bytes: no"));
    }
    let (result, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-url", &format!("{}/orgs/999", base(&stub)))]).await;
    let error = result.unwrap_err();
    assert_eq!((error.name.as_str(), error.retryable), ("ServiceUnavailableError", false));
    assert!(record.cause.unwrap().ends_with(": the status is 999"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_fault_that_may_pass() {
    let gone = { base(&Stub::start(|_| Reply::Close)) };
    let app = asks(&[&gone, "http://nowhere.test"], &[]).start().await;
    for url in [format!("{gone}/orgs/a"), "http://nowhere.test/orgs/a".to_owned()] {
        let (status, error, message) = refused(&app.refresh(&[ALICE, ("x-url", &url)]).await);
        assert_eq!((status, error.as_str(), message.as_str()), (503, "ServiceUnavailableError", "A system that the resolver asked gave no answer"));
        let (result, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-url", &url)]).await;
        assert!(result.unwrap_err().retryable);
        assert_eq!(record.blame, Some("upstream"));
        let cause = record.cause.unwrap();
        assert!(cause.contains(": no connection: ") && !cause.contains("/orgs"), "{cause}");
        assert!(record.attempts[0].http_calls[0].ends_with("=failed") && record.attempts[0].refusals.is_empty());
    }
}

#[tokio::test]
async fn a_connection_that_broke_while_it_rested_is_replaced_for_what_may_be_repeated() {
    for (method, repeated) in [("GET", true), ("POST", false)] {
        // The second request of a connection finds it closed.
        let stub = Stub::start(|asked: &Asked| if asked.nth == 0 { Reply::Json(200, "{}".into()) } else { Reply::Close });
        let app = asks(&[&base(&stub)], &[]).start().await;
        let answer = app.refresh(&[ALICE, ("x-url", &format!("{}/orgs/a", base(&stub))), ("x-method", method), ("x-times", "2")]).await;
        assert_eq!((answer.user().is_some(), stub.calls()), (repeated, if repeated { 3 } else { 2 }), "{answer:?}");
    }
}

#[tokio::test]
async fn the_record_names_hosts_and_statuses_and_never_a_path() {
    let stub = Stub::start(|_| Reply::Json(404, "{}".into()));
    let app = asks(&[&base(&stub)], &[]).start().await;
    let url = format!("{}/orgs/alice?token=secret", base(&stub));
    let (_, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-url", &url), ("x-times", "2")]).await;
    assert_eq!(record.attempts[0].http_calls, ["http:127.0.0.1=404", "http:127.0.0.1=404"]);
    let (_, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-url", "http://elsewhere.example/secret"), ("x-swallow", "yes")]).await;
    assert_eq!(
        (&record.attempts[0].http_calls[0], &record.attempts[0].refusals),
        (&"http:elsewhere.example=refused".to_owned(), &vec![Power::HttpClient])
    );
}

#[tokio::test]
async fn calls_are_counted_over_all_components_and_more_of_them_end_the_component() {
    let stub = mirror();
    let url = format!("{}/orgs/a", base(&stub));
    let grants = json!({ "http-client": { "destinations": [{ "url": format!("{}/orgs/", base(&stub)), "methods": "GET" }], "credentials": [] } });
    let chain = Chain::of("http_client").grants(grants);
    let app = chain.clone().start().await;
    assert!(app.refresh(&[ALICE, ("x-url", &url), ("x-times", "4")]).await.user().is_some());
    // What is swallowed counts, and what was refused too.
    for url in [url.as_str(), "http://elsewhere.example/"] {
        let headers = [ALICE, ("x-url", url), ("x-times", "5"), ("x-swallow", "yes")];
        assert_eq!(refused(&app.refresh(&headers).await).1, "resolver-trapped");
        let (_, record) = Door::of(&app).await.sign_in(&headers).await;
        assert_eq!(
            (record.cause.unwrap().as_str(), record.blame),
            ("the component made more than the 4 requests of stagedoor.limits.httpCalls", Some("guest"))
        );
    }
    let twice = chain.then_known("http_client").limit("httpCalls", 3).start().await;
    let (_, record) = Door::of(&twice).await.sign_in(&[("x-forwarded-user", "nobody"), ("x-url", &url), ("x-times", "2")]).await;
    assert_eq!(record.attempts.iter().map(|attempt| attempt.http_calls.len()).collect::<Vec<_>>(), [2, 1], "both share one budget");
    let none = app_without_calls(&url).await;
    assert_eq!(refused(&none.refresh(&[ALICE, ("x-url", &url)]).await).1, "resolver-trapped");
}

async fn app_without_calls(url: &str) -> App {
    asks(&[url.split("/orgs").next().unwrap()], &[]).limit("httpCalls", 0).start().await
}

#[tokio::test]
async fn bytes_are_counted_over_all_answers() {
    let stub = Stub::start(|asked: &Asked| {
        let header = if asked.target.ends_with("headers") { format!("x-a: {}\r\n", "a".repeat(16 * 1024)) } else { String::new() };
        Reply::Raw(["HTTP/1.1 200 OK\r\n", &header, "content-length: 10000\r\n\r\n", &"a".repeat(10_000)].concat().into())
    });
    let app = asks(&[&base(&stub)], &[]).limit("hostCallBytes", "16KiB").start().await;
    let url = format!("{}/orgs/a", base(&stub));
    assert!(shown(&app.refresh(&[ALICE, ("x-url", &url)]).await).contains("10000 bytes: aaa"));
    let (result, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-url", &url), ("x-times", "2")]).await;
    assert!(!result.unwrap_err().retryable);
    let cause = record.cause.unwrap();
    assert!(cause.ends_with("the answer is larger than the 6365 bytes that are left of stagedoor.limits.hostCallBytes"), "{cause}");
    let (_, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-url", &format!("{}/orgs/headers", base(&stub)))]).await;
    assert!(record.cause.unwrap().contains("the answer is larger than the 16384 bytes"), "its headers count");
}

#[tokio::test]
async fn a_system_that_hangs_ends_its_call_and_then_the_sign_in() {
    let stub = Stub::start(|_| Reply::Hang);
    let url = format!("{}/orgs/a", base(&stub));
    let patient = asks(&[&base(&stub)], &[]).limit("httpTimeout", "50ms").start().await;
    let (result, record) = Door::of(&patient).await.sign_in(&[ALICE, ("x-url", &url), ("x-swallow", "yes")]).await;
    assert_eq!(result.unwrap().user.as_str(), "user:default/alice", "the resolver may go on without it");
    assert_eq!(record.attempts[0].http_calls, ["http:127.0.0.1=failed"]);
    let hasty = asks(&[&base(&stub)], &[]).limit("timeout", "100ms").start().await;
    let (result, record) = Door::of(&hasty).await.sign_in(&[ALICE, ("x-url", &url), ("x-swallow", "yes")]).await;
    assert_eq!((result.unwrap_err().code.unwrap().as_str(), record.blame), ("resolver-timeout", Some("upstream")));
    assert_eq!(record.cause.unwrap(), "a system that the component asked did not answer within stagedoor.limits.timeout");
}

#[tokio::test]
async fn redirects_are_followed_as_browsers_do_and_the_credential_stays_behind() {
    let other = mirror();
    let elsewhere = format!("{}/orgs/there", base(&other));
    let target = elsewhere.clone();
    let stub = Stub::start(move |asked: &Asked| match asked.target.as_str() {
        "/orgs/303" => redirect(303, "there?a=b"),
        "/orgs/away" => redirect(307, &target),
        "/orgs/5" => redirect(302, "4"),
        "/orgs/4" => redirect(302, "/orgs/3"),
        "/orgs/3" => redirect(301, "./2"),
        "/orgs/2" => redirect(308, "../orgs/1"),
        "/orgs/1" => redirect(302, "#x"),
        _ => Reply::Json(200, json!({ "method": asked.method, "target": asked.target, "body": asked.body }).to_string()),
    });
    let place = json!([{ "url": format!("{}/orgs/", base(&stub)), "methods": ["GET", "POST"] }]);
    let key = json!({ "header": { "name": "Authorization", "prefix": "Bearer ", "value": SECRET }, "destinations": place });
    let app = asks(&[&base(&stub), &base(&other)], &["key"]).credential("key", key).start().await;
    let ask = async |path: &str, method: &str| {
        let url = format!("{}{path}", base(&stub));
        let headers = [ALICE, ("x-url", &*url), ("x-method", method), ("x-credential", "key"), ("x-header", "prefer:mine|accept:text/plain")];
        let body = if method == "POST" { &[("x-body", "hello")][..] } else { &[] };
        app.refresh(&[&headers[..], body].concat()).await
    };
    assert_eq!(told(&ask("/orgs/303", "POST").await), json!({ "method": "GET", "target": "/orgs/there?a=b", "body": "" }));
    assert!(stub.asked()[1].headers.contains(&format!("authorization: bearer {SECRET}")), "it stays within its destinations");

    let answer = ask("/orgs/away", "POST").await;
    let told = told(&answer);
    assert_eq!((&told["method"], &told["body"]), (&json!("POST"), &json!("hello")));
    let headers = other.asked()[0].headers.join("\n");
    assert!(!headers.contains("authorization") && !headers.contains("prefer") && headers.contains("accept: text/plain"), "{headers}");

    let (result, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-url", &format!("{}/orgs/4", base(&stub)))]).await;
    assert!(result.is_err(), "the last one leads to itself, for ever");
    assert!(record.cause.unwrap().ends_with("more than 5 redirects"));
}

#[tokio::test]
async fn nothing_of_an_http_client_is_needed_where_nobody_may_ask() {
    let app = Chain::of("http_client").grants(json!({ "http-client": "deny" })).start().await;
    assert_eq!(refused(&app.refresh(&[ALICE, ("x-url", "http://x/")]).await).0, 403);
    let names = Arc::new(KnownNames::of(&[]));
    let app = App::start_with(&asks(&["http://x"], &[]).config(), |options| options.names = names).await;
    let (_, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-url", "http://x/orgs/")]).await;
    assert!(record.cause.unwrap().contains("no such name"));
}

#[tokio::test]
async fn a_server_whose_certificate_nobody_vouches_for_is_told_nothing() {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der()));
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certified.cert.der().clone()], key).unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let base = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let spoken_to = tokio::spawn(async move { acceptor.accept(listener.accept().await.unwrap().0).await.is_ok() });
    let app = asks(&[&base], &[]).start().await;
    let (result, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-url", &format!("{base}/orgs/a"))]).await;
    assert_eq!(result.unwrap_err().name.as_str(), "ServiceUnavailableError");
    let cause = record.cause.unwrap();
    assert!(cause.contains(": no connection: ") && cause.to_lowercase().contains("certificate"), "{cause}");
    assert!(!spoken_to.await.unwrap(), "it went away in the handshake");
}

/// Opaque, so that nothing but the host's memory of having shown it can tell what it is.
#[tokio::test]
async fn a_refusal_quotes_nothing_of_what_the_guest_was_shown() {
    let grants = json!({
        "http-client": { "destinations": [{ "url": "https://api.example/", "methods": ["GET"] }], "credentials": [] },
        "sensitive-headers": { "headers": ["cookie"] },
    });
    let app = Chain::of("leaking_request").grants(grants).start().await;
    let door = Door::of(&app).await;
    for (place, cookie, rule) in [
        ("host", "Opaque-0123456789", "*** is none of the destinations"),
        ("path", "Opaque-0123456789", "*** is none of the destinations"),
        ("credential", "Opaque-0123456789", "\"***\" is none of the credentials"),
        ("method", "OPAQUEOPAQUE", "*** is none of the methods"),
        ("header", "Opaque-0123456789", "a component sets no header ***, but only accept"),
    ] {
        let ((result, record), lines) = said_by_components(door.sign_in(&[ALICE, ("cookie", cookie), ("x-place", place)])).await;
        let error = result.unwrap_err();
        let told = format!("{} {}", error.message, record.cause.as_deref().unwrap_or_default());
        assert!(told.contains(rule), "{place}: {told}");
        let all = format!("{error:?} {record:?} {lines:?}").to_ascii_lowercase();
        assert!(!all.contains("opaque"), "{place}: {all}");
    }
}
