//! `backend`: under which URL others know the auth backend, how its listener behaves, and what Backstage lets one say about its answers.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue};
use schemars::JsonSchema;

use super::{
    cors::CorsConfig,
    database::{DatabaseConfig, DatabaseSchema},
    discovery::{Discovery, URL, checked_url},
    health,
    https::HttpsConfig,
    key_store::{KeyStoreConfig, PluginKeyStoreSchema},
    lifecycle::LifecycleConfig,
    listen::ListenAddress,
    security_headers,
    server::ServerConfig,
    trust_proxy::TrustProxy,
};
use crate::config::{field::Field, schema::optional};

/// The plugin whose place stagedoor takes.
const PLUGIN: &str = "auth";

/// Backstage's backend.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "camelCase", transform = optional)]
pub struct BackendConfig {
    /// The URL under which browsers reach the backend; tokens name `<baseUrl>/api/auth` as their issuer. Default: `http://`, or
    /// `https://` with `https`, and `stagedoor.listen`. Needs a restart.
    #[schemars(extend("format" = "uri"))]
    pub base_url: String,
    /// Whether the server speaks TLS.
    pub https: HttpsConfig,
    /// How long requests wait for a start, and how long a stop goes on serving.
    pub lifecycle: LifecycleConfig,
    /// Timeouts of connections.
    pub server: ServerConfig,
    /// Whose `x-forwarded-for` counts, for the record of a sign-in.
    pub trust_proxy: TrustProxy,
    /// Where the tables of the auth plugin are, if that is configured.
    #[schemars(with = "DatabaseSchema")]
    pub database: Option<DatabaseConfig>,
    /// Where the public keys of service tokens stand: `backend.auth.pluginKeyStore`.
    #[schemars(rename = "auth", with = "PluginKeyStoreSchema")]
    pub plugin_keys: KeyStoreConfig,
    /// Which pages of other origins may read answers. Off where the section is missing.
    pub cors: Option<CorsConfig>,
    /// `Content-Security-Policy`: `false` removes a directive, a list of sources replaces or adds it. Needs a restart.
    #[schemars(rename = "csp", with = "BTreeMap<String, Sources>")]
    pub content_security_policy: HeaderValue,
    /// `Referrer-Policy`.
    #[schemars(rename = "referrer", with = "ReferrerSchema")]
    pub referrer_policy: HeaderValue,
    /// The health answers.
    #[schemars(rename = "health", with = "HealthSchema")]
    pub health_headers: HeaderMap,
    #[schemars(skip)]
    auth_target: Option<String>,
}

/// `false`, or sources.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum Sources {
    Removed(bool),
    Listed(Vec<String>),
}

#[derive(JsonSchema)]
#[schemars(transform = optional)]
#[expect(dead_code, reason = "only its schema is used")]
struct ReferrerSchema {
    /// The policies, later ones for browsers that know them. Needs a restart.
    #[schemars(extend("default" = ["no-referrer"], "minItems" = 1))]
    policy: Vec<String>,
}

#[derive(JsonSchema)]
#[schemars(transform = optional)]
#[expect(dead_code, reason = "only its schema is used")]
struct HealthSchema {
    /// Further headers of `/.backstage/health/v1/readiness` and `/liveness`. Needs a restart.
    headers: BTreeMap<String, String>,
}

impl BackendConfig {
    /// The URL of the auth backend as browsers know it, which tokens carry as `iss`: the external target that `discovery.endpoints` has for the
    /// plugin `auth`, else `<baseUrl>/api/auth`.
    pub fn auth_external_url(&self) -> String {
        match &self.auth_target {
            Some(target) => target.clone(),
            None => format!("{}/api/{PLUGIN}", self.base_url.trim_end_matches('/')),
        }
    }

    pub(in crate::config) fn read(root: &Field<'_>, listen: &ListenAddress, discovery: &Discovery<'_>) -> Self {
        let backend = root.key("backend");
        let base_url = backend.key("baseUrl");
        let checked = base_url.string(URL).and_then(|url| checked_url(&base_url, url.to_owned()));
        let https = HttpsConfig::read(&backend.key("https")).unwrap_or_default();
        if listen.is_unix() && !base_url.is_set() {
            base_url.error::<()>(
                "missing: a unix socket is no URL, and tokens name one as their issuer; expected a URL such as https://backstage.example.org",
            );
        }
        let scheme = if https.is_on() { "https" } else { "http" };
        Self {
            base_url: checked.unwrap_or_else(|| format!("{scheme}://{listen}")),
            https,
            lifecycle: LifecycleConfig::read(&backend.key("lifecycle")),
            server: ServerConfig::read(&backend.key("server")),
            trust_proxy: TrustProxy::read(&backend.key("trustProxy")).unwrap_or_default(),
            database: DatabaseConfig::read(&backend.key("database")),
            plugin_keys: KeyStoreConfig::read_service(&backend.key("auth").key("pluginKeyStore")).unwrap_or_default(),
            cors: CorsConfig::read(&backend.key("cors")),
            content_security_policy: security_headers::content_security_policy(&backend.key("csp")),
            referrer_policy: security_headers::referrer_policy(&backend.key("referrer")),
            health_headers: health::headers(&backend.key("health").key("headers")),
            auth_target: discovery.external_url(PLUGIN),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{faults, loaded};

    fn issuer(text: &str) -> String {
        loaded(text).backend.auth_external_url()
    }

    #[test]
    fn the_issuer_lies_below_the_base_url() {
        assert_eq!(issuer("backend: { baseUrl: 'https://example.org' }"), "https://example.org/api/auth");
        assert_eq!(issuer("backend: { baseUrl: 'https://example.org/sub//' }"), "https://example.org/sub/api/auth");
    }

    #[test]
    fn without_a_base_url_it_is_the_listen_address() {
        assert_eq!(issuer("{}"), "http://127.0.0.1:7107/api/auth");
        assert_eq!(issuer("stagedoor: { listen: '[::1]:80' }"), "http://[::1]:80/api/auth");
        assert_eq!(issuer("backend: { https: true }"), "https://127.0.0.1:7107/api/auth");
    }

    #[test]
    fn an_external_target_for_auth_comes_first() {
        let endpoints = |endpoints: &str| issuer(&format!("backend: {{ baseUrl: 'https://b' }}\ndiscovery: {{ endpoints: {endpoints} }}"));
        assert_eq!(endpoints("[{ target: 'https://a/{{pluginId}}', plugins: [catalog, auth] }]"), "https://a/auth");
        assert_eq!(endpoints("[{ target: 'https://a/x/{{ pluginId }}', plugins: ['*'] }]"), "https://a/x/auth");
        assert_eq!(endpoints("[{ target: { internal: 'http+srv://i', external: 'https://e' }, plugins: [auth] }]"), "https://e");
        assert_eq!(endpoints("[{ target: { internal: 'http://i' }, plugins: [auth] }]"), "https://b/api/auth");
        assert_eq!(endpoints("[{ target: 'https://a/{{pluginId}}//', plugins: [auth] }]"), "https://a/auth");
        assert_eq!(endpoints("[{ target: 'https://c', plugins: [catalog] }]"), "https://b/api/auth");
    }

    #[test]
    fn the_last_one_wins_but_a_name_beats_the_star() {
        let endpoints = |endpoints: &str| issuer(&format!("discovery: {{ endpoints: {endpoints} }}"));
        assert_eq!(endpoints("[{ target: 'https://a', plugins: [auth] }, { target: 'https://b', plugins: [auth] }]"), "https://b");
        assert_eq!(endpoints("[{ target: 'https://a', plugins: [auth] }, { target: 'https://b', plugins: ['*'] }]"), "https://a");
        assert_eq!(endpoints("[{ target: 'https://a', plugins: [auth] }, { target: { internal: 'http://i' }, plugins: [auth] }]"), "https://a");
    }

    #[test]
    fn a_url_that_nobody_can_reach_is_a_fault_and_not_shown() {
        let text = "backend: { baseUrl: 'https://me:${SECRET}@example.org' }\n\
                    discovery: { endpoints: [{ target: 'http+srv://${SECRET}', plugins: [auth] }, { target: 'https://x' }, 7] }\n";
        insta::assert_snapshot!(faults(text), @r"
        app-config.yaml: discovery.endpoints[0].target: expected a URL such as https://backstage.example.org, with neither a user nor a query, got a string
        app-config.yaml: discovery.endpoints[1].plugins: missing; expected a list of plugin ids, or ['*']
        app-config.yaml: discovery.endpoints[2]: expected an object of keys, got a number
        app-config.yaml: backend.baseUrl: expected a URL such as https://backstage.example.org, with neither a user nor a query, got a string
        ");
        assert!(faults("backend: { baseUrl: example.org }").contains("expected a URL"));
    }
}
