//! The table of routes.

use axum::{
    Router,
    extract::OriginalUri,
    middleware,
    response::{Html, IntoResponse, Response},
    routing::{MethodFilter, get, on},
};
use http::{
    Method, StatusCode, Uri,
    header::{ALLOW, VARY},
};

use crate::domain::error::ErrorName;

use super::{
    error, gate, health, layers, paths,
    refresh::{not_implemented, refresh},
    state::AppState,
    userinfo::userinfo,
    well_known::{cli_client, key_set, openid_configuration, service_key_set},
};

/// Everything that is served, layers included.
pub fn router(state: AppState) -> Router {
    let routes = Router::new()
        .route("/api/auth/oauth2Proxy/refresh", on(MethodFilter::GET.or(MethodFilter::POST), refresh).fallback(unmatched))
        .route("/api/auth/oauth2Proxy/start", get(not_implemented).fallback(unmatched))
        .route("/api/auth/oauth2Proxy/handler/frame", on(MethodFilter::GET.or(MethodFilter::POST), not_implemented).fallback(unmatched))
        .route("/api/auth/.well-known/openid-configuration", get(openid_configuration).fallback(unmatched))
        .route("/api/auth/.well-known/jwks.json", get(key_set).fallback(unmatched))
        .route("/api/auth/.backstage/auth/v1/jwks.json", get(service_key_set).fallback(unmatched))
        .route("/api/auth/.well-known/oauth-client/cli.json", get(cli_client).fallback(unmatched))
        .route("/api/auth/v1/userinfo", get(userinfo).fallback(unmatched))
        .route("/.backstage/health/v1/readiness", get(health::readiness).fallback(unmatched))
        .route("/.backstage/health/v1/liveness", get(health::liveness).fallback(unmatched))
        .fallback(unmatched)
        .layer(middleware::from_fn_with_state(state.clone(), gate::until_started))
        .with_state(state);
    layers::around(routes)
}

/// Whatever has no handler: below the mount the provider is unknown, elsewhere there is nothing. OPTIONS says what a route takes.
async fn unmatched(method: Method, OriginalUri(uri): OriginalUri) -> Response {
    if method == Method::OPTIONS
        && let Some(allowed) = allowed(&uri)
    {
        return ([(ALLOW, allowed), (VARY, "Accept-Encoding")], Html(allowed)).into_response();
    }
    match paths::provider(&uri) {
        Some(provider) => error::plain(ErrorName::NotFound, &format!("Unknown auth provider '{provider}'"), &method, &uri),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The methods of a route, as express lists them.
fn allowed(uri: &Uri) -> Option<&'static str> {
    let normalised = paths::normalised(uri);
    let path = normalised.as_ref().unwrap_or(uri).path();
    let both = path == "/api/auth/oauth2Proxy/refresh" || path == "/api/auth/oauth2Proxy/handler/frame";
    paths::ROUTES.contains(&path).then_some(if both { "GET,HEAD,POST" } else { "GET,HEAD" })
}
