//! What happens around every request, from the outside in: security headers, catching panics, Backstage's path matching.

use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{ALLOW, CACHE_CONTROL},
};

use crate::{defect::caught, domain::error::ErrorName};

use super::{answer, error, paths};

/// Helmet's headers as Backstage's backend sends them on every response.
const SECURITY: [(&str, &str); 9] = [
    (
        "content-security-policy",
        "default-src 'self';base-uri 'self';font-src 'self' https: data:;frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self' 'unsafe-eval';script-src-attr 'none';style-src 'self' https: 'unsafe-inline';upgrade-insecure-requests",
    ),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=15552000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-dns-prefetch-control", "off"),
    ("x-download-options", "noopen"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-permitted-cross-domain-policies", "none"),
    ("x-xss-protection", "0"),
];

/// Puts the layers around the routes, the last one outermost. Paths are normalised outside of the router that matches them; handlers that want the
/// URI as it came ask for `OriginalUri`.
pub(super) fn around(routes: Router) -> Router {
    Router::new()
        .fallback_service(routes)
        .layer(middleware::map_request(normalise_path))
        .layer(middleware::from_fn(catch_panic))
        .layer(middleware::map_response(security_headers))
}

async fn normalise_path(mut request: Request) -> Request {
    if let Some(uri) = paths::normalised(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// The sign-in catches its own panics, since they belong into its record; this is for every other handler.
async fn catch_panic(request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    caught(next.run(request)).await.unwrap_or_else(|defect| {
        tracing::error!(panic = %defect, "a handler panicked; please report this");
        let mut response = error::plain(ErrorName::Other, "Internal server error", &method, &uri);
        response.headers_mut().insert(CACHE_CONTROL, answer::NO_STORE);
        response
    })
}

async fn security_headers(mut response: Response) -> Response {
    // axum tells the methods of a route to whoever used another one; Backstage knows no such route then.
    if response.status() == StatusCode::NOT_FOUND {
        response.headers_mut().remove(ALLOW);
    }
    let headers = SECURITY.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
    response.headers_mut().extend(headers);
    response
}
