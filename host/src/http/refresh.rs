//! `GET|POST /oauth2Proxy/refresh`: the sign-in.

use axum::{extract::OriginalUri, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::CACHE_CONTROL};
use serde::Serialize;

use crate::{
    domain::{decision::DecisionId, entity_ref::EntityRef, error::ErrorName, profile::Profile},
    sign_in::SignedIn,
};

use super::{answer, error, server::PeerOf, state::Running};

/// Names the decision, so that an operator finds the log line from what the browser shows.
const DECISION: HeaderName = HeaderName::from_static("stagedoor-decision");

/// Member order as Backstage sends it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    profile: &'a Profile,
    provider_info: ProviderInfo<'a>,
    backstage_identity: BackstageIdentity<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProviderInfo<'a> {
    access_token: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BackstageIdentity<'a> {
    token: &'a str,
    identity: Identity<'a>,
    expires_in_seconds: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    r#type: &'static str,
    user_entity_ref: &'a EntityRef,
    ownership_entity_refs: &'a [EntityRef],
}

/// Signs in. One snapshot serves the whole request.
pub(super) async fn refresh(
    Running(snapshot): Running,
    PeerOf(peer): PeerOf,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let (decision, result) = snapshot.sign_in.sign_in(peer, &headers).await;
    let mut response = match &result {
        Ok(signed_in) => answer::json(StatusCode::OK, &body(signed_in)),
        Err(refused) => error::refused(refused, &method, &uri),
    };
    response.headers_mut().insert(CACHE_CONTROL, answer::NO_STORE);
    response.headers_mut().extend(decision_header(decision));
    response
}

/// `GET /oauth2Proxy/start` and `…/handler/frame`: a proxy provider has neither.
pub(super) async fn not_implemented(method: Method, OriginalUri(uri): OriginalUri) -> Response {
    error::plain(ErrorName::NotImplemented, "Not implemented", &method, &uri)
}

fn decision_header(decision: DecisionId) -> Option<(HeaderName, HeaderValue)> {
    Some((DECISION, HeaderValue::try_from(decision.to_string()).ok()?))
}

fn body(signed_in: &SignedIn) -> Body<'_> {
    Body {
        profile: &signed_in.profile,
        provider_info: ProviderInfo { access_token: signed_in.id_token.as_deref().unwrap_or_default() },
        backstage_identity: BackstageIdentity {
            token: &signed_in.token.token,
            identity: Identity { r#type: "user", user_entity_ref: &signed_in.user, ownership_entity_refs: &signed_in.ownership },
            expires_in_seconds: signed_in.token.expires_in,
        },
    }
}
