//! The cookie over time, which no recorded case shows.

use std::time::Duration;

use serde_json::Value;
use stagedoor_tests::{Answer, App};

use crate::config::config;

const COOKIE: &str = "/api/auth/.backstage/auth/v1/cookie";

/// The limited token of a cookie that was set.
fn set(answer: &Answer) -> Option<String> {
    let header = answer.headers.get("set-cookie")?.to_str().unwrap();
    Some(header.strip_prefix("backstage-auth=").unwrap().split(';').next().unwrap().to_owned())
}

async fn token(app: &App) -> String {
    let answer = app.refresh(&[("x-forwarded-user", "alice")]).await;
    format!("Bearer {}", answer.token().unwrap())
}

#[tokio::test]
async fn a_cookie_is_kept_until_five_minutes_before_it_expires() {
    let app = App::start(&config("base", &Value::Null)).await;
    let cookie = set(&app.get(COOKIE, &[("authorization", &token(&app).await)]).await).unwrap();
    let sent = format!("backstage-auth={cookie}");
    app.clock.advance(Duration::from_mins(55));
    let kept = app.get(COOKIE, &[("authorization", &token(&app).await), ("cookie", &sent)]).await;
    assert_eq!((kept.status.as_u16(), set(&kept)), (200, None));
    app.clock.advance(Duration::from_secs(1));
    let replaced = app.get(COOKIE, &[("authorization", &token(&app).await), ("cookie", &sent)]).await;
    assert!(set(&replaced).is_some_and(|new| new != cookie));
    assert_ne!(kept.json()["expiresAt"], replaced.json()["expiresAt"]);
}

#[tokio::test]
async fn a_cookie_is_a_limited_token_and_buys_neither_a_cookie_nor_a_sign_in() {
    let app = App::start(&config("base", &Value::Null)).await;
    let cookie = set(&app.get(COOKIE, &[("authorization", &token(&app).await)]).await).unwrap();
    let bearer = format!("Bearer {cookie}");
    let info = app.get("/api/auth/v1/userinfo", &[("authorization", &bearer)]).await;
    assert_eq!(info.json()["claims"]["sub"], "user:default/alice");
    for headers in [[("authorization", bearer.as_str())], [("cookie", &format!("backstage-auth={cookie}"))]] {
        let answer = app.get(COOKIE, &headers).await;
        assert_eq!((answer.status.as_u16(), set(&answer)), (401, None));
        assert_eq!(app.refresh(&headers).await.user(), None);
    }
}

#[tokio::test]
async fn an_expired_token_buys_no_cookie() {
    let app = App::start(&config("base", &Value::Null)).await;
    let token = token(&app).await;
    app.clock.advance(Duration::from_hours(1));
    let answer = app.get(COOKIE, &[("authorization", &token)]).await;
    assert_eq!((answer.status.as_u16(), set(&answer)), (401, None));
    assert_eq!(answer.json()["error"]["message"], "Failed user token verification");
}
