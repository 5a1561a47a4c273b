//! What happens around every request, from the outside in: security headers, catching panics, Backstage's path matching.

use std::any::Any;

use axum::{
    Router,
    body::Body,
    extract::Request,
    middleware,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header::ALLOW};
use tower_http::catch_panic::CatchPanicLayer;

use super::paths;

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
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::map_response(security_headers))
}

async fn normalise_path(mut request: Request) -> Request {
    if let Some(uri) = paths::normalised(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// A defect in this server must cost one request, not the process.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
fn panicked(panic: Box<dyn Any + Send>) -> http::Response<Body> {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("?"), "a handler panicked; please report this");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
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
