//! `/.backstage/health/v1/…`: what Kubernetes asks, answered as Backstage does.

use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{
    answer,
    state::{AppState, Phase},
};

/// 200 while requests are served, else 503 with the reason.
pub(super) fn readiness(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let not_ready = |message| answer::json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "message": message, "status": "error" }));
    let mut response = match state.phase() {
        Phase::Starting => not_ready("Backend has not started yet"),
        Phase::Ready => answer::json(StatusCode::OK, &json!({ "status": "ok" })),
        Phase::Stopping => not_ready("Backend is shutting down"),
    };
    response.headers_mut().extend(headers);
    response
}

/// 200 as long as the process answers at all.
pub(super) fn liveness(headers: HeaderMap) -> Response {
    let mut response = answer::json(StatusCode::OK, &json!({ "status": "ok" }));
    response.headers_mut().extend(headers);
    response
}
