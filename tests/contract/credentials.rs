//! `stagedoor.credentials`: what goes along with the requests of a component, where to, and what is seen of it.

use std::time::Duration;

use serde_json::json;
use stagedoor::domain::grant::Power;
use stagedoor_tests::{
    App,
    guests::Door,
    stub::{Asked, Reply, Stub},
};

use super::{
    http_client::{ALICE, SECRET, asks, base, mirror, redirect, shown},
    refused,
};

#[tokio::test]
async fn a_secret_is_sent_and_neither_seen_nor_written_down() {
    let stub = mirror();
    let place = json!([{ "url": format!("{}/orgs/", base(&stub)), "methods": ["GET"] }]);
    let key = json!({ "header": { "name": "X-Api-Key", "prefix": "Key ", "value": SECRET }, "destinations": place });
    let app = asks(&[&base(&stub)], &["key"]).credential("key", key).start().await;
    let url = format!("{}/orgs/a", base(&stub));
    let headers = [ALICE, ("x-url", &*url), ("x-credential", "key"), ("x-leak", "yes")];
    let answer = app.refresh(&headers).await;
    assert!(shown(&answer).contains("x-api-key: key ***"), "the answer repeats it, and it is masked: {answer:?}");
    assert!(!answer.text.contains(SECRET));
    assert!(stub.asked()[0].headers.contains(&format!("x-api-key: key {SECRET}")));
    let (_, record) = Door::of(&app).await.sign_in(&headers).await;
    assert!(!format!("{record:?}").contains(SECRET));
}

#[tokio::test]
async fn a_credential_goes_where_it_and_the_component_may() {
    let stub = mirror();
    let place = json!([{ "url": format!("{}/orgs/keyed/", base(&stub)), "methods": ["GET"] }]);
    let credential = |header: &str| json!({ "header": { "name": header, "value": SECRET }, "destinations": place });
    let chain = asks(&[&base(&stub)], &["key"]).credential("key", credential("x-key")).credential("other", credential("x-other"));
    let app = chain.start().await;
    let keyed = format!("{}/orgs/keyed/a", base(&stub));
    assert!(app.refresh(&[ALICE, ("x-url", &keyed), ("x-credential", "key")]).await.user().is_some());
    let calls = stub.calls();
    for (url, method, credential, rule) in [
        (keyed.replace("/keyed", ""), "GET", "key", "the credential \"key\" may not go there: the path is not within the destinations"),
        (keyed.clone(), "POST", "key", "the credential \"key\" may not go there: POST is none of the methods"),
        (keyed.clone(), "GET", "other", "\"other\" is none of the credentials"),
        (keyed.clone(), "GET", "Key", "\"Key\" is none of the credentials"),
        (keyed.clone(), "GET", "nothing", "\"nothing\" is none of the credentials"),
    ] {
        let headers = [ALICE, ("x-url", &*url), ("x-method", method), ("x-credential", credential)];
        let (status, error, message) = refused(&app.refresh(&headers).await);
        assert_eq!((status, error.as_str(), message.as_str()), (403, "NotAllowedError", "The resolver may not use http-client for this request"));
        let (_, record) = Door::of(&app).await.sign_in(&headers).await;
        assert!(record.cause.as_ref().unwrap().starts_with(rule), "{record:?}");
        assert_eq!(record.attempts[0].refusals, [Power::HttpClient]);
    }
    assert_eq!(stub.calls(), calls, "nobody was asked");
}

#[tokio::test]
async fn a_token_of_the_request_is_sent_and_without_one_nobody_is_asked() {
    let stub = mirror();
    let place = json!([{ "url": format!("{}/orgs/", base(&stub)), "methods": ["GET"] }]);
    let caller = json!({ "requestHeader": "X-Forwarded-Access-Token", "destinations": place });
    let app = asks(&[&base(&stub)], &["caller"]).credential("caller", caller).start().await;
    let url = format!("{}/orgs/a", base(&stub));
    let asking = [ALICE, ("x-url", &*url), ("x-credential", "caller")];
    let answer = app.refresh(&[&asking[..], &[("x-forwarded-access-token", "opaque-token")]].concat()).await;
    assert!(shown(&answer).contains("authorization: bearer ***"), "{answer:?}");
    assert!(stub.asked()[0].headers.contains(&"authorization: bearer opaque-token".to_owned()));
    for given in [&[][..], &[("x-forwarded-access-token", "")], &[("x-forwarded-access-token", "two words here")]] {
        let headers = [&asking[..], given].concat();
        let (status, error, _) = refused(&app.refresh(&headers).await);
        assert_eq!((status, error.as_str()), (401, "AuthenticationError"));
        let (_, record) = Door::of(&app).await.sign_in(&headers).await;
        assert_eq!(record.cause.unwrap(), "the request has no token in x-forwarded-access-token");
    }
    assert_eq!(stub.calls(), 1);
}

#[tokio::test]
async fn a_token_is_fetched_once_for_many_and_again_before_it_expires() {
    let issuer = Stub::start(|asked: &Asked| {
        assert_eq!((asked.method.as_str(), asked.body.as_str()), ("POST", "grant_type=client_credentials&scope=groups.read+more"));
        // stagedoor:hunter2%26hunter2
        assert!(asked.headers.contains(&format!("authorization: {}", "Basic c3RhZ2Vkb29yOmh1bnRlcjIlMjZodW50ZXIy".to_ascii_lowercase())));
        let token = format!("token-{}", asked.connection.max(asked.nth));
        Reply::Late(
            Duration::from_millis(50),
            Box::new(Reply::Json(200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": 300 }).to_string())),
        )
    });
    let stub = mirror();
    let app = client_of(&issuer, &stub).await;
    let url = format!("{}/orgs/a", base(&stub));
    let headers = [ALICE, ("x-url", &*url), ("x-credential", "client")];
    let answers = stagedoor_tests::joined((0..4).map(|_| app.refresh(&headers))).await;
    assert!(answers.iter().all(|answer| answer.user().is_some()), "{answers:?}");
    assert_eq!((issuer.calls(), stub.calls()), (1, 4), "one request for all of them");
    app.clock.advance(Duration::from_secs(269));
    assert!(app.refresh(&headers).await.user().is_some());
    assert_eq!(issuer.calls(), 1);
    app.clock.advance(Duration::from_secs(2));
    assert!(app.refresh(&headers).await.user().is_some());
    assert_eq!(issuer.calls(), 2, "half a minute before it expires");
}

async fn client_of(issuer: &Stub, stub: &Stub) -> App {
    let client = json!({
        "clientCredentials": {
            "tokenUrl": format!("{}/token", base(issuer)), "clientId": "stagedoor", "clientSecret": "hunter2&hunter2", "scope": "groups.read more",
        },
        "destinations": [{ "url": format!("{}/orgs/", base(stub)), "methods": ["GET"] }],
    });
    asks(&[&base(stub)], &["client"]).credential("client", client).start().await
}

#[tokio::test]
async fn a_token_that_is_refused_is_fetched_anew_but_not_at_once() {
    let issuer = Stub::start(|_| Reply::Json(200, r#"{"access_token":"fetched-token","token_type":"bearer"}"#.into()));
    let stub = Stub::start(|_| Reply::Json(401, "{}".into()));
    let app = client_of(&issuer, &stub).await;
    let url = format!("{}/orgs/a", base(&stub));
    let headers = [ALICE, ("x-url", &*url), ("x-credential", "client"), ("x-times", "2")];
    assert!(shown(&app.refresh(&headers).await).starts_with("401 "));
    assert_eq!(issuer.calls(), 1, "another one would be refused as well");
    app.clock.advance(Duration::from_secs(31));
    assert!(shown(&app.refresh(&headers).await).starts_with("401 "));
    assert_eq!(issuer.calls(), 2);
}

#[tokio::test]
async fn a_token_that_cannot_be_had_is_a_fault_and_is_not_asked_for_at_once_again() {
    for (reply, why) in [
        (Reply::Json(401, r#"{"error":"invalid_client","error_description":"hunter2&hunter2"}"#.into()), "the status is 401, invalid_client"),
        (Reply::Json(200, r#"{"access_token":"a b","token_type":"Bearer"}"#.into()), "there is no token in the answer"),
        (Reply::Json(200, r#"{"access_token":"abc","token_type":"mac"}"#.into()), "it is no bearer token"),
        (Reply::Json(200, "no json".into()), "it is no bearer token"),
        (redirect(302, "http://elsewhere.example/"), "the status is 302"),
        (Reply::Close, "the connection broke"),
    ] {
        let (issuer, stub) = (Stub::start(move |_| reply.clone()), mirror());
        let app = client_of(&issuer, &stub).await;
        let url = format!("{}/orgs/a", base(&stub));
        let headers = [ALICE, ("x-url", &*url), ("x-credential", "client"), ("x-times", "3"), ("x-swallow", "yes")];
        assert!(app.refresh(&headers).await.user().is_some(), "the resolver may go on without it");
        let asked = issuer.calls();
        let (result, record) = Door::of(&app).await.sign_in(&headers[..3]).await;
        assert!(result.unwrap_err().retryable);
        let cause = record.cause.unwrap();
        assert!(cause.contains(&format!("no token from {}: {why}", base(&issuer))) && !cause.contains("hunter2"), "{cause}");
        assert_eq!((issuer.calls(), stub.calls()), (asked, 0), "a failure is told again for a second");
    }
}
