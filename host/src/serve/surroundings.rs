//! What stands around every route, out of the configuration.

use crate::{
    config::{BackendConfig, CorsConfig},
    http::layers::{Surroundings, cors::CorsPolicy},
};

/// The headers that are configured, and CORS.
pub fn surroundings(backend: &BackendConfig) -> Surroundings {
    Surroundings {
        content_security_policy: backend.content_security_policy.clone(),
        referrer_policy: backend.referrer_policy.clone(),
        cors: backend.cors.clone().map(cors_policy),
        health_headers: backend.health_headers.clone(),
    }
}

fn cors_policy(config: CorsConfig) -> CorsPolicy {
    CorsPolicy {
        origins: config.origin,
        methods: config.methods,
        allowed_headers: config.allowed_headers,
        exposed_headers: config.exposed_headers,
        credentials: config.credentials,
        max_age: config.max_age,
        preflight_continue: config.preflight_continue,
        preflight_status: config.options_success_status,
    }
}
