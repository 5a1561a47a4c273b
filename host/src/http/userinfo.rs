//! `GET /v1/userinfo`: the claims of the user whose full or limited token stands in `Authorization`.

use axum::{extract::OriginalUri, response::Response};
use http::{HeaderMap, Method, StatusCode, header::AUTHORIZATION};
use serde::Serialize;

use crate::{
    domain::{claims, entity_ref::EntityRef, error::ErrorName, id_token::bearer},
    user_info::GetUserInfoError,
};

use super::{answer, error, state::Running};

#[derive(Serialize)]
struct Body<'a> {
    claims: Claims<'a>,
}

#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a EntityRef,
    ent: &'a [EntityRef],
    #[serde(flatten)]
    further: &'a claims::Claims,
}

/// Answers with the claims.
pub(super) async fn userinfo(Running(snapshot): Running, method: Method, OriginalUri(uri): OriginalUri, headers: HeaderMap) -> Response {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer);
    let Some(token) = token else {
        return error::plain(ErrorName::Authentication, "No token provided", &method, &uri);
    };
    match snapshot.user_info.get(token).await {
        Ok(Some(info)) => answer::json(StatusCode::OK, &Body { claims: Claims { sub: &info.user, ent: &info.ownership, further: &info.claims } }),
        Ok(None) => answer::html(StatusCode::NOT_FOUND, "User info not found"),
        Err(GetUserInfoError::Token(refused)) => error::plain(ErrorName::Authentication, &refused.to_string(), &method, &uri),
        Err(GetUserInfoError::Store(failed)) => {
            tracing::error!(error = %failed, "user info could not be read");
            error::plain(ErrorName::ServiceUnavailable, "User info could not be read", &method, &uri)
        }
    }
}
