//! Backstage's path matching: letters in any case, a slash at the end, a doubled slash after a mount. Percent-encoded letters are not decoded.
//!
//! Source: express 4, observed on the reference. axum matches exactly, so a path that means a route is replaced by the route's own spelling before.

use http::{
    Method,
    uri::{PathAndQuery, Uri},
};

/// Where the auth plugin is mounted.
pub(super) const MOUNT: &str = "/api/auth";
/// Where the provider is mounted, below that.
const PROVIDER: &str = "/api/auth/oauth2Proxy";
/// The cookie of a user.
pub(super) const COOKIE: &str = "/api/auth/.backstage/auth/v1/cookie";

/// The keys of service tokens.
pub(super) const SERVICE_KEYS: &str = "/api/auth/.backstage/auth/v1/jwks.json";

/// Every path that has a handler, with its methods as express lists them.
const ROUTES: [(&str, &str); 11] = [
    ("/api/auth/oauth2Proxy/refresh", "GET,HEAD,POST"),
    ("/api/auth/oauth2Proxy/start", "GET,HEAD"),
    ("/api/auth/oauth2Proxy/handler/frame", "GET,HEAD,POST"),
    ("/api/auth/.well-known/openid-configuration", "GET,HEAD"),
    ("/api/auth/.well-known/jwks.json", "GET,HEAD"),
    ("/api/auth/.well-known/oauth-client/cli.json", "GET,HEAD"),
    ("/api/auth/v1/userinfo", "GET,HEAD"),
    (SERVICE_KEYS, "GET,HEAD"),
    (COOKIE, "GET,HEAD,DELETE"),
    ("/.backstage/health/v1/readiness", "GET,HEAD"),
    ("/.backstage/health/v1/liveness", "GET,HEAD"),
];

/// The URI under which axum finds the route that Backstage would find; `None` where the spelling is right already or no route is meant.
pub(super) fn normalised(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if ROUTES.iter().any(|(route, _)| *route == path) {
        return None;
    }
    let (route, _) = meant(path)?;
    let path_and_query = uri.query().map_or_else(|| route.to_owned(), |query| format!("{route}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
    Uri::from_parts(parts).ok()
}

/// The methods of the route that a URI means, as express lists them.
pub(super) fn methods(uri: &Uri) -> Option<&'static str> {
    meant(uri.path()).map(|(_, methods)| methods)
}

/// Whether the body of a request goes through the parsers: below the mount, unless Backstage answers before it comes to them.
pub(super) fn parses_bodies(method: &Method, path: &str) -> bool {
    let answered_before = match path {
        COOKIE => matches!(*method, Method::GET | Method::HEAD | Method::DELETE),
        SERVICE_KEYS => matches!(*method, Method::GET | Method::HEAD),
        _ => false,
    };
    after(path, MOUNT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && !answered_before
}

fn meant(path: &str) -> Option<(&'static str, &'static str)> {
    ROUTES.into_iter().find(|(route, _)| same(route, path))
}

/// Whether a path means a route. Each mount on the way takes one further slash with it, and so does the end.
fn same(route: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (route, path);
    for mount in [MOUNT, PROVIDER] {
        if let Some(rest) = route.strip_prefix(mount) {
            let Some(left) = after(given, &wanted[..wanted.len() - rest.len()]) else { return false };
            (wanted, given) = (rest, if left.starts_with("//") { &left[1..] } else { left });
        }
    }
    after(given, wanted).is_some_and(|rest| matches!(rest, "" | "/"))
}

/// What follows a prefix, in any case.
fn after<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// The path below the mount, with the query: what Backstage shows as `request.url`. `None` outside of the mount.
pub(super) fn below_mount(uri: &Uri) -> Option<&str> {
    let rest = after(uri.path_and_query().map_or("/", PathAndQuery::as_str), MOUNT)?;
    match rest.as_bytes() {
        [] | [b'?', ..] => Some("/"),
        // The mount takes one further slash with it; of a third one express makes nothing.
        [b'/', b'/', b'/', ..] => None,
        [b'/', b'/', ..] => Some(&rest[1..]),
        [b'/', ..] => Some(rest),
        _ => None,
    }
}

/// The first segment below the mount, percent-decoded: the provider that somebody asked for. `Err` is a segment that cannot be decoded.
pub(super) fn provider(uri: &Uri) -> Option<Result<String, &str>> {
    let path = below_mount(uri)?.split('?').next().unwrap_or_default();
    let segment = path.split('/').find(|segment| !segment.is_empty())?;
    Some(percent_decoded(segment).ok_or(segment))
}

fn percent_decoded(text: &str) -> Option<String> {
    let (first, encoded) = text.split_once('%').map_or((text, None), |(first, rest)| (first, Some(rest)));
    let mut decoded = first.as_bytes().to_vec();
    for part in encoded.into_iter().flat_map(|rest| rest.split('%')) {
        let hex = part.get(..2).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        decoded.push(u8::from_str_radix(hex, 16).ok()?);
        decoded.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Option<String> {
        normalised(&text.parse().unwrap()).map(|uri| uri.to_string())
    }

    #[test]
    fn bodies_are_parsed_below_the_mount_alone() {
        for path in ["/api/auth", "/API/auth/", "/api/auth/x", "/api/auth//x", COOKIE] {
            assert!(parses_bodies(&Method::POST, path), "{path}");
        }
        for path in ["/", "/api/authx", "/.backstage/health/v1/readiness"] {
            assert!(!parses_bodies(&Method::POST, path), "{path}");
        }
        assert!(!parses_bodies(&Method::DELETE, COOKIE));
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
        let provider = |text: &str| provider(&text.parse().unwrap()).map(|decoded| decoded.map_err(str::to_owned));
        assert_eq!(provider("/api/auth/GitHub/start?x=1"), Some(Ok("GitHub".to_owned())));
        assert_eq!(provider("/api/auth/oauth2Prox%79/refresh"), Some(Ok("oauth2Proxy".to_owned())));
        assert_eq!(provider("/api/auth/%C3%a9%20/x"), Some(Ok("é ".to_owned())));
        for bad in ["%zz", "x%", "%f", "%ff", "%+1"] {
            assert_eq!(provider(&format!("/api/auth/{bad}/x")), Some(Err(bad.to_owned())));
        }
        assert_eq!(provider("/api/auth/"), None);
        assert_eq!(provider("/api/auth///x"), None);
        assert_eq!(provider("/api/authx/y"), None);
        assert_eq!(below_mount(&"/API/Auth/v1/x?y=1".parse().unwrap()), Some("/v1/x?y=1"));
    }
}
