//! `stagedoor.catalog`: where users are looked up, and for a catalog over HTTP how.
//!
//! The source is named, never guessed. Where it stands is Backstage's own configuration: `discovery.endpoints`, or its defaults.

use std::time::Duration;

use http::Uri;
use schemars::JsonSchema;

use super::{catalog_cache::CatalogCacheConfig, discovery::Discovery, listen::ListenAddress};
use crate::config::{
    Secret,
    field::Field,
    schema::{DurationSchema, optional},
};

const MINUTE: Duration = Duration::from_mins(1);

const TOKEN: &str = "a token of at least 8 characters without blanks, as in backend.auth.externalAccess";

/// Where users are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogSource {
    /// `file`: the files of `catalog.locations`.
    File,
    /// `backstage`: the catalog of a running Backstage, over HTTP.
    Backstage(CatalogApiConfig),
}

/// How a catalog is asked over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogApiConfig {
    /// Where it is: the internal target that `discovery.endpoints` has for the plugin `catalog`, or `/api/catalog` at `backend.listen`.
    pub url: String,
    /// The time for one call.
    pub timeout: Duration,
    /// A static token; without it, a service token as Backstage's plugins send it.
    pub token: Option<Secret>,
    /// What is kept; `None` for nothing.
    pub cache: Option<CatalogCacheConfig>,
}

/// Where users are looked up.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, transform = optional)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct CatalogSourceSchema {
    /// `file`: the files of `catalog.locations`. `backstage`: the catalog of a running Backstage, over HTTP, where `discovery.endpoints` says that
    /// the plugin `catalog` is. The other keys belong to it. Needs a restart.
    #[schemars(extend("default" = "file"))]
    source: SourceName,
    /// The time for one call, 10 ms to 1 minute; less than `limits.timeout`. Needs a restart.
    #[schemars(with = "DurationSchema", extend("default" = "1 s"))]
    timeout: Duration,
    /// A static token of the catalog's `backend.auth.externalAccess`, best as `{ $file: … }`. Without it, calls carry a service token of the plugin
    /// `auth`. Needs a restart.
    token: String,
    /// What is kept of the catalog's answers. Errors never are.
    cache: CatalogCacheConfig,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum SourceName {
    File,
    Backstage,
}

impl CatalogSource {
    pub(super) fn read(field: &Field<'_>, discovery: &Discovery<'_>, listen: &ListenAddress, sign_in: Duration) -> Self {
        field.only(&["source", "timeout", "token", "cache"]);
        let source = field.key("source");
        match source.string("file or backstage") {
            Some("backstage") => CatalogApiConfig::read(field, discovery, listen, sign_in).map_or(Self::File, Self::Backstage),
            Some("file") | None => {
                for key in ["timeout", "token", "cache"].map(|key| field.key(key)).iter().filter(|key| key.is_set()) {
                    key.error::<()>("has no effect on a catalog in files; remove it, or write source: backstage");
                }
                Self::File
            }
            Some(_) => source.expected_shown("file or backstage").unwrap_or(Self::File),
        }
    }
}

impl CatalogApiConfig {
    fn read(field: &Field<'_>, discovery: &Discovery<'_>, listen: &ListenAddress, sign_in: Duration) -> Option<Self> {
        let timeout = field.key("timeout").duration(Duration::from_millis(10)..=MINUTE).unwrap_or(Duration::from_secs(1));
        if timeout >= sign_in {
            field.warning(&format!(
                "one call may take {timeout:?}, and a whole sign-in {sign_in:?} (stagedoor.limits.timeout): a catalog that hangs ends each sign-in, \
                 and cache.staleIfError helps nobody"
            ));
        }
        let token = token(&field.key("token"));
        let cache = CatalogCacheConfig::read(&field.key("cache"));
        let url = discovery.internal_url("catalog")?;
        if is_own(&url, listen) {
            field.warning(&format!("{url} is stagedoor itself, which is no catalog: write where the catalog is into discovery.endpoints"));
        }
        Some(Self { url, timeout, token, cache })
    }
}

fn token(field: &Field<'_>) -> Option<Secret> {
    let token = field.string(TOKEN)?;
    let good = token.len() >= 8 && token.bytes().all(|byte| byte.is_ascii_graphic());
    if good { Some(Secret::new(token)) } else { field.expected(TOKEN) }
}

/// Whether a URL leads to where this server listens, as far as that can be seen from the two texts.
fn is_own(url: &str, listen: &ListenAddress) -> bool {
    let (Ok(url), ListenAddress::Tcp { host: own_host, port: own_port }) = (url.parse::<Uri>(), listen) else { return false };
    let (Some(host), Some(port)) = (url.host(), url.port_u16()) else { return false };
    let host = host.trim_matches(['[', ']']);
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "::1");
    let hears_here = listen.is_loopback() || matches!(own_host.as_str(), "0.0.0.0" | "::");
    port == *own_port && (host == own_host || is_here && hears_here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{
        schema,
        testing::{faults, loaded},
    };

    fn source(text: &str) -> CatalogSource {
        loaded(&format!("stagedoor: {{ catalog: {text} }}")).stagedoor.catalog
    }

    fn api(text: &str) -> CatalogApiConfig {
        match source(text) {
            CatalogSource::Backstage(catalog) => catalog,
            CatalogSource::File => panic!("{text}"),
        }
    }

    #[test]
    fn users_stand_in_files_unless_it_says_otherwise() {
        assert_eq!((source("{}"), source("{ source: file }")), (CatalogSource::File, CatalogSource::File));
        insta::assert_snapshot!(faults("stagedoor: { catalog: { source: ldap } }"), @r#"app-config.yaml: stagedoor.catalog.source: expected file or backstage, got "ldap""#);
        insta::assert_snapshot!(faults("stagedoor: { catalog: { source: file, timeout: 1 s, token: '${SECRET}', cache: {}, url: x } }"), @r"
        app-config.yaml: stagedoor.catalog.url: unknown key; the keys here are source, timeout, token, cache
        app-config.yaml: stagedoor.catalog.timeout: has no effect on a catalog in files; remove it, or write source: backstage
        app-config.yaml: stagedoor.catalog.token: has no effect on a catalog in files; remove it, or write source: backstage
        app-config.yaml: stagedoor.catalog.cache: has no effect on a catalog in files; remove it, or write source: backstage
        ");
    }

    #[test]
    fn a_catalog_over_http_has_defaults_and_can_be_set() {
        let catalog = api("{ source: backstage }");
        assert_eq!((catalog.timeout, catalog.token, catalog.cache), (Duration::from_secs(1), None, Some(CatalogCacheConfig::default())));
        let catalog = api(
            "{ source: backstage, timeout: PT0.2S, token: 'secret-${SECRET}', cache: { ttl: 1 m, negativeTtl: 0, staleIfError: { hours: 1 }, memory: 5MiB } }",
        );
        let cache = CatalogCacheConfig { ttl: MINUTE, negative_ttl: Duration::ZERO, stale_if_error: 60 * MINUTE, memory: 5 << 20 };
        assert_eq!((catalog.timeout, catalog.cache.as_ref()), (Duration::from_millis(200), Some(&cache)));
        assert_eq!(catalog.token.as_ref().unwrap().expose(), "secret-hunter2");
        assert!(!format!("{catalog:?}").contains("hunter2"));
        for off in ["0", "'0'", "0s", "{ seconds: 0 }"] {
            assert_eq!(api(&format!("{{ source: backstage, cache: {{ ttl: {off} }} }}")).cache, None);
        }
    }

    #[test]
    fn the_defaults_of_the_schema_are_the_real_ones() {
        let schema: serde_json::Value = serde_json::from_str(&schema::json()).unwrap();
        let properties = schema.pointer("/properties/stagedoor/properties/catalog/properties/cache/properties").unwrap().as_object().unwrap();
        let written: serde_json::Map<_, _> = properties.iter().map(|(key, property)| (key.clone(), property["default"].clone())).collect();
        assert_eq!(api(&format!("{{ source: backstage, cache: {} }}", serde_json::Value::from(written))).cache, Some(CatalogCacheConfig::default()));
    }

    #[test]
    fn what_cannot_be_is_a_fault_each_and_no_secret_is_shown() {
        let text = "stagedoor: { catalog: { source: backstage, timeout: 2 minutes, token: '${SECRET} x', cache: { ttl: 0, memory: 0, negativeTtl: 2 days, staleIfErr: 1 } } }";
        insta::assert_snapshot!(faults(text), @r"
        app-config.yaml: stagedoor.catalog.timeout: expected a duration from 10ms to 60s, got 120s
        app-config.yaml: stagedoor.catalog.token: expected a token of at least 8 characters without blanks, as in backend.auth.externalAccess, got a string
        app-config.yaml: stagedoor.catalog.cache.staleIfErr: unknown key; did you mean staleIfError?
        app-config.yaml: stagedoor.catalog.cache.negativeTtl: expected a duration from 0ns to 86400s, got 172800s
        app-config.yaml: stagedoor.catalog.cache.memory: expected a size from 1 MiB to 16 GiB, in bytes or with a unit such as 64MiB, got 0
        app-config.yaml: stagedoor.catalog.cache.negativeTtl: has no effect, since ttl turns the cache off; remove it
        app-config.yaml: stagedoor.catalog.cache.memory: has no effect, since ttl turns the cache off; remove it
        ");
        insta::assert_snapshot!(faults("stagedoor: { catalog: { source: backstage, token: short, cache: { ttl: 5 } } }"), @r"
        app-config.yaml: stagedoor.catalog.token: expected a token of at least 8 characters without blanks, as in backend.auth.externalAccess, got a string
        app-config.yaml: stagedoor.catalog.cache.ttl: expected a duration with its unit, such as '15 minutes', PT15M or { minutes: 15 }, got a number
        ");
    }

    #[test]
    fn a_call_must_be_shorter_than_a_sign_in() {
        let warnings = loaded("stagedoor: { limits: { timeout: 500ms }, catalog: { source: backstage } }").warnings;
        insta::assert_snapshot!(warnings.join("\n"), @"app-config.yaml: stagedoor.catalog: one call may take 1s, and a whole sign-in 500ms (stagedoor.limits.timeout): a catalog that hangs ends each sign-in, and cache.staleIfError helps nobody");
    }
}
