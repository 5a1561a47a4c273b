//! Requests that come before the start is over wait for its end, as in Backstage; health does not.
//!
//! Source: `createLifecycleMiddleware` of Backstage. Unlike there, a server that is stopping goes on answering, so that no request is cut, and
//! whoever asks for the service keys waits as well: before the stores are open there is none to show, and an empty set would be remembered.

use axum::{
    extract::{OriginalUri, Request, State},
    middleware::Next,
    response::Response,
};

use crate::domain::error::ErrorName;

use super::{
    error, paths,
    state::{AppState, NOT_STARTED, Phase},
};

/// Lets requests through once the server has started.
pub(super) async fn until_started(State(state): State<AppState>, OriginalUri(uri): OriginalUri, request: Request, next: Next) -> Response {
    let waits = !state.has_started() && paths::below_mount(&uri).is_some();
    if !waits {
        return next.run(request).await;
    }
    let method = request.method().clone();
    let refused = |message| error::plain(ErrorName::ServiceUnavailable, message, &method, &uri);
    match state.wait_for_start().await {
        Phase::Starting => refused(NOT_STARTED),
        Phase::Ready => next.run(request).await,
        Phase::Stopping => refused("Service is shutting down"),
    }
}
