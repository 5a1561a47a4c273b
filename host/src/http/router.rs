//! The table of routes.

use std::future::ready;

use axum::{
    Router,
    extract::OriginalUri,
    middleware,
    response::{IntoResponse, Response},
    routing::{MethodFilter, get, on},
};
use http::{HeaderValue, Method, StatusCode, header::ALLOW};

use crate::domain::error::ErrorName;

use super::{
    answer, cookie,
    error::{self, Details},
    gate, health,
    layers::{self, Surroundings},
    paths,
    refresh::{not_implemented, refresh},
    state::AppState,
    userinfo::userinfo,
    well_known::{cli_client, key_set, openid_configuration, service_key_set},
};

/// Everything that is served, layers included.
pub fn router(state: AppState, surroundings: Surroundings) -> Router {
    let Surroundings { health_headers, .. } = &surroundings;
    let (of_readiness, of_liveness) = (health_headers.clone(), health_headers.clone());
    let routes = Router::new()
        .route("/api/auth/oauth2Proxy/refresh", on(MethodFilter::GET.or(MethodFilter::POST), refresh).fallback(unmatched))
        .route("/api/auth/oauth2Proxy/start", get(not_implemented).fallback(unmatched))
        .route("/api/auth/oauth2Proxy/handler/frame", on(MethodFilter::GET.or(MethodFilter::POST), not_implemented).fallback(unmatched))
        .route("/api/auth/.well-known/openid-configuration", get(openid_configuration).fallback(unmatched))
        .route("/api/auth/.well-known/jwks.json", get(key_set).fallback(unmatched))
        .route(paths::SERVICE_KEYS, get(service_key_set).fallback(unmatched))
        .route("/api/auth/.well-known/oauth-client/cli.json", get(cli_client).fallback(unmatched))
        .route("/api/auth/v1/userinfo", get(userinfo).fallback(unmatched))
        .route(paths::COOKIE, get(cookie::issue).delete(cookie::clear).fallback(unmatched))
        .route("/.backstage/health/v1/readiness", get(move |state| ready(health::readiness(state, of_readiness.clone()))).fallback(unmatched))
        .route("/.backstage/health/v1/liveness", get(move || ready(health::liveness(of_liveness.clone()))).fallback(unmatched))
        .fallback(unmatched)
        .layer(middleware::from_fn_with_state(state.clone(), gate::until_started))
        .with_state(state);
    layers::around(routes, surroundings)
}

/// Whatever has no handler: below the mount the provider is unknown, elsewhere there is nothing. OPTIONS says what a route takes.
async fn unmatched(method: Method, OriginalUri(uri): OriginalUri) -> Response {
    if method == Method::OPTIONS
        && let Some(allowed) = paths::methods(&uri)
    {
        let mut response = answer::html(StatusCode::OK, allowed);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        return response;
    }
    match paths::provider(&uri) {
        Some(Ok(provider)) => error::plain(ErrorName::NotFound, &format!("Unknown auth provider '{provider}'"), &method, &uri),
        Some(Err(segment)) => {
            let details = Details(vec![("statusCode", 400.into()), ("status", 400.into())]);
            error::detailed(400, "URIError", &format!("Failed to decode param '{segment}'"), details, &method, &uri)
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
