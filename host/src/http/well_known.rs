//! `/.well-known/…`: the key set that backends verify our tokens with, and the discovery document, which advertises what Backstage advertises.

use axum::{extract::State, response::Response};
use http::StatusCode;
use serde::Serialize;
use serde_json::json;

use super::{
    answer,
    state::{AppState, Running},
};

/// Member order as Backstage sends it.
#[derive(Serialize)]
struct OpenIdConfiguration<'a> {
    issuer: &'a str,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    response_types_supported: [&'static str; 2],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 10],
    scopes_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: [&'static str; 2],
    claims_supported: [&'static str; 2],
    grant_types_supported: [&'static str; 1],
    authorization_endpoint: String,
    code_challenge_methods_supported: [&'static str; 2],
}

/// `GET /.well-known/jwks.json`.
pub(super) async fn key_set(Running(snapshot): Running) -> Response {
    answer::json_text(StatusCode::OK, snapshot.issuer.key_set().await)
}

/// `GET /.backstage/auth/v1/jwks.json`: the keys of the tokens by which this server asks other plugins.
pub(super) async fn service_key_set(Running(snapshot): Running) -> Response {
    answer::json_text(StatusCode::OK, snapshot.service_tokens.key_set().await)
}

/// `GET /.well-known/openid-configuration`. Backstage names the authorization and token endpoints even where they are turned off.
pub(super) async fn openid_configuration(State(state): State<AppState>) -> Response {
    let issuer = state.issuer();
    let configuration = OpenIdConfiguration {
        issuer,
        token_endpoint: format!("{issuer}/v1/token"),
        userinfo_endpoint: format!("{issuer}/v1/userinfo"),
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        response_types_supported: ["code", "id_token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"],
        scopes_supported: ["openid"],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        claims_supported: ["sub", "ent"],
        grant_types_supported: ["authorization_code"],
        authorization_endpoint: format!("{issuer}/v1/authorize"),
        code_challenge_methods_supported: ["S256", "plain"],
    };
    answer::json(StatusCode::OK, &configuration)
}

/// `GET /.well-known/oauth-client/cli.json`: the feature is off, in Backstage's words.
pub(super) async fn cli_client() -> Response {
    let body = json!({ "error": "not_found", "error_description": "Client ID metadata documents not enabled" });
    answer::json(StatusCode::NOT_FOUND, &body)
}
