//! `GET|DELETE /.backstage/auth/v1/cookie`: the cookie with which a browser asks plugins for what a page loads by itself, such as images.
//!
//! Attributes and their order are Backstage's, which express and its `cookie` package write.

use axum::{
    extract::{OriginalUri, State},
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode, Uri,
    header::{AUTHORIZATION, COOKIE, SET_COOKIE},
};
use serde::Serialize;

use crate::domain::{
    date::{HttpDate, IsoDate},
    error::ErrorName,
    id_token::bearer,
};

use super::{
    answer, error,
    state::{AppState, Running},
};

const NAME: &str = "backstage-auth";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    expires_at: String,
}

/// Answers with the cookie, unless a good one came along.
pub(super) async fn issue(
    State(state): State<AppState>,
    Running(snapshot): Running,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
    match snapshot.user_cookie.issue(token, sent(&headers)).await {
        Ok(cookie) => {
            let mut response = answer::json(StatusCode::OK, &Body { expires_at: IsoDate(cookie.expires_at).to_string() });
            if let Some(token) = cookie.token {
                response.headers_mut().extend(set(state.issuer(), &token, cookie.expires_at));
            }
            response
        }
        Err(refused) => error::plain(ErrorName::Authentication, &refused.to_string(), &method, &uri),
    }
}

/// Takes the cookie away, whoever asks.
pub(super) async fn clear(State(state): State<AppState>) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().extend(set(state.issuer(), "", 0));
    response
}

/// The value of the first cookie of that name.
fn sent(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    let value = pairs.filter_map(|pair| pair.split_once('=')).find_map(|(name, value)| (name.trim() == NAME).then(|| value.trim()));
    value.map(|value| value.trim_matches('"')).filter(|value| !value.is_empty())
}

/// The header. `Secure` and `SameSite=None` go together, and browsers take them over TLS and from localhost.
fn set(external_url: &str, value: &str, expires: u64) -> Option<(http::HeaderName, HeaderValue)> {
    let url: Uri = external_url.parse().ok()?;
    let host = url.host()?.to_ascii_lowercase();
    let secure = url.scheme_str() == Some("https") || host == "localhost";
    let (secure, same_site) = if secure { ("Secure; ", "None") } else { ("", "Lax") };
    let expires = HttpDate(expires);
    let text = format!("{NAME}={value}; Domain={host}; Path=/; Expires={expires}; HttpOnly; {secure}Priority=High; SameSite={same_site}");
    Some((SET_COOKIE, HeaderValue::try_from(text).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(url: &str) -> String {
        set(url, "x", 0).unwrap().1.to_str().unwrap().to_owned()
    }

    #[test]
    fn the_cookie_is_secure_where_browsers_allow_it() {
        let lax = "backstage-auth=x; Domain=10.0.0.1; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Priority=High; SameSite=Lax";
        assert_eq!(header("http://10.0.0.1:7007/api/auth"), lax);
        for (url, host) in [
            ("https://Backstage.Example.org/api/auth", "backstage.example.org"),
            ("http://localhost:7007/api/auth", "localhost"),
            ("https://[::1]:7007/api/auth", "[::1]"),
        ] {
            let secure = lax.replace("10.0.0.1", host).replace("Priority=High; SameSite=Lax", "Secure; Priority=High; SameSite=None");
            assert_eq!(header(url), secure);
        }
    }

    #[test]
    fn the_first_cookie_of_the_name_counts() {
        let sent = |lines: &[&str]| {
            let headers: HeaderMap = lines.iter().map(|line| (COOKIE, line.parse().unwrap())).collect();
            sent(&headers).map(str::to_owned)
        };
        assert_eq!(sent(&["a=b; backstage-auth=x.y.z; backstage-auth=w"]).as_deref(), Some("x.y.z"));
        assert_eq!(sent(&["a=b", "backstage-auth = \"x\" "]).as_deref(), Some("x"));
        for line in ["", "backstage-auth", "backstage-auth=", "xbackstage-auth=x", "Backstage-Auth=x"] {
            assert_eq!(sent(&[line]), None, "{line}");
        }
    }
}
