//! What happens around every request, from the outside in: security headers, CORS, compression, 304, catching panics, Backstage's path matching,
//! request bodies.
//!
//! It is one function that reads as that list, since each of axum's layers would cost every request a clone of the whole router.

mod compression;
mod conditional;
pub mod cors;
mod security;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode, Uri,
    header::{ALLOW, CACHE_CONTROL},
};

use crate::{
    defect::{Defect, caught},
    domain::error::ErrorName,
};

use self::{conditional::Conditions, cors::CorsPolicy, security::SecurityHeaders};

use super::{answer, body, budget::Budget, error, paths};

/// What is configured about the layers.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// `Content-Security-Policy`.
    pub content_security_policy: HeaderValue,
    /// `Referrer-Policy`.
    pub referrer_policy: HeaderValue,
    /// CORS, if it is on.
    pub cors: Option<CorsPolicy>,
    /// Further headers of health answers.
    pub health_headers: HeaderMap,
}

struct Layers {
    security: SecurityHeaders,
    cors: Option<CorsPolicy>,
    bodies: Budget,
}

/// Puts the layers around the routes. Paths are normalised outside of the router that matches them; handlers that want the URI as it came ask for
/// `OriginalUri`.
pub(super) fn around(routes: Router, surroundings: Surroundings) -> Router {
    let Surroundings { content_security_policy, referrer_policy, cors, health_headers: _ } = surroundings;
    let layers = Layers { security: SecurityHeaders::new(content_security_policy, referrer_policy), cors, bodies: Budget::new() };
    Router::new().fallback_service(routes).layer(middleware::from_fn_with_state(Arc::new(layers), layered))
}

async fn layered(State(layers): State<Arc<Layers>>, request: Request, next: Next) -> Response {
    let granted = layers.cors.as_ref().and_then(|policy| policy.granted(&request));
    let mut response = match granted.as_ref().and_then(cors::Granted::preflight) {
        Some(response) => response,
        None => negotiated(request, next, &layers.bodies).await,
    };
    if let Some(granted) = granted {
        granted.apply(&mut response);
    }
    layers.security.apply(response.headers_mut());
    response
}

/// The answer in the form that the client asked for.
async fn negotiated(request: Request, next: Next, bodies: &Budget) -> Response {
    let (conditions, encoding) = (Conditions::of(&request), compression::accepted(&request));
    let response = without_panic(request, next, bodies).await;
    let response = match conditions {
        Some(conditions) => conditions.apply(response),
        None => response,
    };
    match encoding {
        Some(encoding) => compression::compressed(response, encoding).await,
        None => response,
    }
}

/// The sign-in catches its own panics, since they belong into its record; this is for every other handler.
async fn without_panic(request: Request, next: Next, bodies: &Budget) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    caught(routed(request, next, bodies)).await.unwrap_or_else(|defect| panicked(&defect, &method, &uri))
}

fn panicked(defect: &Defect, method: &Method, uri: &Uri) -> Response {
    tracing::error!(panic = %defect, "a handler panicked; please report this");
    let mut response = error::plain(ErrorName::Other, "Internal server error", method, uri);
    response.headers_mut().insert(CACHE_CONTROL, answer::NO_STORE);
    response
}

async fn routed(mut request: Request, next: Next, bodies: &Budget) -> Response {
    if let Some(uri) = paths::normalised(request.uri()) {
        *request.uri_mut() = uri;
    }
    let mut response = match body::read(request, bodies).await {
        Ok(request) => next.run(request).await,
        Err(refused) => return refused,
    };
    // axum tells the methods of a route to whoever used another one; Backstage knows no such route then.
    if response.status() == StatusCode::NOT_FOUND {
        response.headers_mut().remove(ALLOW);
    }
    response
}
