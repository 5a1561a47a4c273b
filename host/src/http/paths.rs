//! Backstage's path matching: letters in any case, a slash at the end, doubled slashes. Percent-encoded letters are not decoded.
//!
//! Source: express 4, observed on the reference. axum matches exactly, so a path that means a route is replaced by the route's own spelling before.

use http::uri::{PathAndQuery, Uri};

/// Where the auth plugin is mounted.
pub(super) const MOUNT: &str = "/api/auth";

/// Every path that has a handler.
pub(super) const ROUTES: [&str; 10] = [
    "/api/auth/oauth2Proxy/refresh",
    "/api/auth/oauth2Proxy/start",
    "/api/auth/oauth2Proxy/handler/frame",
    "/api/auth/.well-known/openid-configuration",
    "/api/auth/.well-known/jwks.json",
    "/api/auth/.backstage/auth/v1/jwks.json",
    "/api/auth/.well-known/oauth-client/cli.json",
    "/api/auth/v1/userinfo",
    "/.backstage/health/v1/readiness",
    "/.backstage/health/v1/liveness",
];

/// The URI under which axum finds the route that Backstage would find; `None` where the spelling is right already or no route is meant.
pub(super) fn normalised(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if ROUTES.contains(&path) {
        return None;
    }
    let route = ROUTES.into_iter().find(|route| same(route, path))?;
    let path_and_query = uri.query().map_or_else(|| route.to_owned(), |query| format!("{route}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
    Uri::from_parts(parts).ok()
}

/// Whether a path means a route.
fn same(route: &str, path: &str) -> bool {
    let mut wanted = route.split('/').skip(1);
    let mut given = path.split('/').filter(|segment| !segment.is_empty());
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted.eq_ignore_ascii_case(given) => {}
            _ => return false,
        }
    }
}

/// The path below the mount, with the query: what Backstage shows as `request.url`. `None` outside of the mount.
pub(super) fn below_mount(uri: &Uri) -> Option<&str> {
    let whole = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let (mount, rest) = whole.split_at_checked(MOUNT.len())?;
    if !mount.eq_ignore_ascii_case(MOUNT) {
        return None;
    }
    match rest.as_bytes().first() {
        None | Some(b'?') => Some("/"),
        Some(b'/') => Some(rest),
        Some(_) => None,
    }
}

/// The first segment below the mount, percent-decoded: the provider that somebody asked for.
pub(super) fn provider(uri: &Uri) -> Option<String> {
    let below = below_mount(uri)?;
    let path = below.split('?').next().unwrap_or_default();
    let segment = path.split('/').find(|segment| !segment.is_empty())?;
    Some(percent_decoded(segment))
}

/// What is not valid stays as it is.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        if let Some(byte) = hex.filter(|_| bytes[at] == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Option<String> {
        normalised(&text.parse().unwrap()).map(|uri| uri.to_string())
    }

    #[test]
    fn case_and_slashes_do_not_matter_but_encoded_letters_do() {
        assert_eq!(path("/api/auth/oauth2Proxy/refresh"), None);
        for text in ["/API/auth/oauth2proxy/REFRESH", "/api/auth/oauth2Proxy/refresh/", "/api/auth//oauth2Proxy/refresh"] {
            assert_eq!(path(text).as_deref(), Some("/api/auth/oauth2Proxy/refresh"), "{text}");
        }
        assert_eq!(path("/api/auth/oauth2Proxy/REFRESH?env=x").as_deref(), Some("/api/auth/oauth2Proxy/refresh?env=x"));
        assert_eq!(path("/api/auth/oauth2Prox%79/refresh"), None);
        assert_eq!(path("/api/auth/oauth2Proxy/refresh/x"), None);
    }

    #[test]
    fn the_provider_is_named_as_it_was_asked_for() {
        let provider = |text: &str| provider(&text.parse().unwrap());
        assert_eq!(provider("/api/auth/GitHub/start?x=1").as_deref(), Some("GitHub"));
        assert_eq!(provider("/api/auth/oauth2Prox%79/refresh").as_deref(), Some("oauth2Proxy"));
        assert_eq!(provider("/api/auth/%zz/x").as_deref(), Some("%zz"));
        assert_eq!(provider("/api/auth/"), None);
        assert_eq!(provider("/api/authx/y"), None);
        assert_eq!(below_mount(&"/API/Auth/v1/x?y=1".parse().unwrap()), Some("/v1/x?y=1"));
    }
}
