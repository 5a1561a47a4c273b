//! `discovery.endpoints`: where plugins are, read with Backstage's rules: the last target that names a plugin counts, else the last one for all.

use std::{borrow::Cow, sync::LazyLock};

use http::Uri;
use regex::Regex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::{field::Field, tree::Value};

pub(super) const URL: &str = "a URL such as https://backstage.example.org, with neither a user nor a query";

const LISTEN: &str = "port, :port or host:port as text, such as ':7007'";

/// Where Backstage listens unless `backend.listen` says otherwise.
const BACKSTAGE_PORT: u16 = 7007;

static PLUGIN_ID: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{\{\s*pluginId\s*\}\}").expect("the pattern is constant"));

/// The endpoints, while the configuration is being read.
pub(in crate::config) struct Discovery<'a> {
    endpoints: Vec<Endpoint<'a>>,
    backend: Field<'a>,
}

struct Endpoint<'a> {
    plugins: Vec<&'a str>,
    internal: Field<'a>,
    external: Field<'a>,
}

impl<'a> Discovery<'a> {
    pub(in crate::config) fn read(root: &Field<'a>) -> Self {
        let endpoints = root.key("discovery").key("endpoints").items().unwrap_or_default();
        Self { endpoints: endpoints.iter().map(Endpoint::read).collect(), backend: root.key("backend") }
    }

    /// Where browsers find a plugin, if that is configured.
    pub(super) fn external_url(&self, plugin: &str) -> Option<String> {
        let target = self.target(plugin, |endpoint| &endpoint.external)?;
        Some(of_plugin(target.string(URL)?, plugin))
    }

    /// Where backends find a plugin: as configured, else beside Backstage's own backend.
    pub(super) fn internal_url(&self, plugin: &str) -> Option<String> {
        let Some(target) = self.target(plugin, |endpoint| &endpoint.internal) else { return self.beside_backend(plugin) };
        let text = target.string(URL)?;
        if text.starts_with("http+srv:") || text.starts_with("https+srv:") {
            return target.error("SRV records are not looked up here; write an http:// or https:// URL that leads to the same place");
        }
        checked_url(target, of_plugin(text, plugin))
    }

    fn target<'d>(&'d self, plugin: &str, side: fn(&'d Endpoint<'a>) -> &'d Field<'a>) -> Option<&'d Field<'a>> {
        let last = |name: &str| {
            let named = self.endpoints.iter().rev().filter(|endpoint| endpoint.plugins.contains(&name));
            named.map(side).find(|target| target.is_set())
        };
        last(plugin).or_else(|| last("*"))
    }

    /// Source: `HostDiscovery` of Backstage: where its backend listens, seen from the same machine.
    fn beside_backend(&self, plugin: &str) -> Option<String> {
        let (host, port) = listen(&self.backend.key("listen"))?;
        let host = match host.as_str() {
            "" | "::" => "localhost".into(),
            "0.0.0.0" => "127.0.0.1".into(),
            host if host.contains(':') => format!("[{host}]"),
            _ => host,
        };
        let https = self.backend.key("https").value().is_some_and(|https| !matches!(https, Value::Boolean(false)));
        let scheme = if https { "https" } else { "http" };
        Some(format!("{scheme}://{host}:{port}/api/{plugin}"))
    }
}

impl<'a> Endpoint<'a> {
    fn read(endpoint: &Field<'a>) -> Self {
        let target = endpoint.key("target");
        let (internal, external) = if target.is_object() { (target.key("internal"), target.key("external")) } else { (target.clone(), target) };
        let plugins = endpoint.key("plugins");
        let plugins = plugins.required("a list of plugin ids, or ['*']").and_then(Field::items).unwrap_or_default();
        let plugins = plugins.iter().filter_map(|plugin| plugin.string("a plugin id")).collect();
        if let Some(url) = external.string(URL) {
            checked_url(&external, url.to_owned());
        }
        Self { plugins, internal, external }
    }
}

/// `backend.listen` in Backstage's notations: host, empty for every interface, and port.
fn listen(field: &Field<'_>) -> Option<(String, u16)> {
    match field.value() {
        None => Some((String::new(), BACKSTAGE_PORT)),
        Some(Value::Object(_)) => {
            let port = field.key("port");
            let port = if port.is_set() { port.integer(1..=u16::MAX)? } else { BACKSTAGE_PORT };
            let host = field.key("host");
            // An empty host is every interface there.
            let is_empty =
                matches!(host.value(), None | Some(Value::String(_))) && host.value().is_none_or(|host| *host == Value::String(String::new()));
            let host = if is_empty { "" } else { host.string("a host name or an address")? };
            Some((host.to_owned(), port))
        }
        Some(_) => {
            let (host, port) = {
                let text = field.string(LISTEN)?;
                text.rsplit_once(':').unwrap_or(("", text))
            };
            let port = port.parse().ok().filter(|_| !host.contains(':'));
            port.map_or_else(|| field.expected_shown(LISTEN), |port| Some((host.to_owned(), port)))
        }
    }
}

fn of_plugin(url: &str, plugin: &str) -> String {
    PLUGIN_ID.replace_all(url, plugin).trim_end_matches('/').to_owned()
}

/// The URL, if others can reach it. It is not shown in the fault: somebody may have written a password into it.
pub(super) fn checked_url(field: &Field<'_>, url: String) -> Option<String> {
    let parsed: Option<Uri> = PLUGIN_ID.replace_all(&url, "x").parse().ok();
    let good = parsed.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
            && uri.query().is_none()
    });
    if good { Some(url) } else { field.expected(URL) }
}

/// What stagedoor reads of `discovery`.
pub(in crate::config) struct DiscoverySchema;

impl JsonSchema for DiscoverySchema {
    fn schema_name() -> Cow<'static, str> {
        "Discovery".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Where plugins are.",
            "properties": { "endpoints": {
                "type": "array",
                "description": "The last external target for the plugin auth, or else for '*', is the issuer of tokens; the last internal one for catalog is where the catalog is asked. Needs a restart.",
                "items": {
                    "type": "object",
                    "required": ["target", "plugins"],
                    "properties": {
                        "target": {
                            "description": "One URL, or one for the backend and one for browsers. {{pluginId}} stands for the plugin.",
                            "type": ["string", "object"],
                            "properties": { "internal": { "type": "string" }, "external": { "type": "string" } },
                        },
                        "plugins": { "type": "array", "items": { "type": "string" } },
                    },
                },
            } },
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{
        CatalogSource,
        testing::{faults, loaded},
    };

    fn catalog(text: &str) -> String {
        match loaded(&format!("stagedoor: {{ catalog: {{ source: backstage }} }}\n{text}")).stagedoor.catalog {
            CatalogSource::Backstage(catalog) => catalog.url,
            CatalogSource::File => panic!("the catalog is asked over HTTP"),
        }
    }

    fn endpoints(endpoints: &str) -> String {
        catalog(&format!("discovery: {{ endpoints: {endpoints} }}"))
    }

    #[test]
    fn the_last_internal_target_wins_but_a_name_beats_the_star() {
        assert_eq!(endpoints("[{ target: 'http://a/{{ pluginId }}/', plugins: [auth, catalog] }]"), "http://a/catalog");
        assert_eq!(endpoints("[{ target: { internal: 'https://i/{{pluginId}}', external: 'https://e' }, plugins: ['*'] }]"), "https://i/catalog");
        assert_eq!(endpoints("[{ target: 'http://a', plugins: [catalog] }, { target: 'http://b', plugins: [catalog] }]"), "http://b");
        assert_eq!(endpoints("[{ target: 'http://a', plugins: [catalog] }, { target: 'http://b', plugins: ['*'] }]"), "http://a");
        assert_eq!(endpoints("[{ target: 'http://a', plugins: [catalog] }, { target: { external: 'http://b' }, plugins: [catalog] }]"), "http://a");
    }

    #[test]
    fn without_a_target_the_catalog_is_beside_backstages_backend() {
        for (backend, url) in [
            ("{}", "http://localhost:7007"),
            ("{ listen: ':7010' }", "http://localhost:7010"),
            ("{ listen: '7010' }", "http://localhost:7010"),
            ("{ listen: 'backstage:7010' }", "http://backstage:7010"),
            ("{ listen: { host: 0.0.0.0 } }", "http://127.0.0.1:7007"),
            ("{ listen: { host: '::', port: '7010' } }", "http://localhost:7010"),
            ("{ listen: { host: '', port: 7010 } }", "http://localhost:7010"),
            ("{ listen: { host: '::1', port: 7010 }, https: true }", "https://[::1]:7010"),
            ("{ https: false }", "http://localhost:7007"),
        ] {
            assert_eq!(catalog(&format!("backend: {backend}")), format!("{url}/api/catalog"), "{backend}");
        }
        assert_eq!(endpoints("[{ target: 'http://a', plugins: [auth] }]"), "http://localhost:7007/api/catalog");
    }

    #[test]
    fn a_target_that_cannot_be_asked_is_a_fault_only_where_it_is_asked() {
        let text = "discovery: { endpoints: [{ target: { internal: 'http+srv://catalog' }, plugins: [catalog] }] }\n";
        loaded(text);
        insta::assert_snapshot!(faults(&format!("{text}stagedoor: {{ catalog: {{ source: backstage }} }}")), @"app-config.yaml: discovery.endpoints[0].target.internal: SRV records are not looked up here; write an http:// or https:// URL that leads to the same place");
        let text = "discovery: { endpoints: [{ target: { internal: 'http://me:${SECRET}@x' }, plugins: ['*'] }] }\nstagedoor: { catalog: { source: backstage } }";
        insta::assert_snapshot!(faults(text), @"app-config.yaml: discovery.endpoints[0].target.internal: expected a URL such as https://backstage.example.org, with neither a user nor a query, got a string");
        for listen in ["7010", "'x:y:7010'", "'here'", "''"] {
            let faults = faults(&format!("backend: {{ listen: {listen} }}\nstagedoor: {{ catalog: {{ source: backstage }} }}"));
            assert!(faults.starts_with("app-config.yaml: backend.listen: expected port, :port or host:port as text"), "{faults}");
        }
    }

    #[test]
    fn a_catalog_that_is_stagedoor_itself_is_told() {
        let warnings = |listen: &str, target: &str| {
            let text = format!(
                "stagedoor: {{ listen: '{listen}', catalog: {{ source: backstage }} }}\ndiscovery: {{ endpoints: [{{ target: '{target}', plugins: [catalog] }}] }}"
            );
            loaded(&text).warnings.join("\n")
        };
        assert!(warnings("127.0.0.1:7107", "http://127.0.0.1:7107/api/catalog").contains("is stagedoor itself"));
        assert!(warnings("0.0.0.0:7107", "http://localhost:7107/api/catalog").contains("is stagedoor itself"));
        assert_eq!(warnings("127.0.0.1:7107", "http://127.0.0.1:7007/api/catalog"), "");
        assert_eq!(warnings("127.0.0.1:7107", "http://elsewhere:7107/api/catalog"), "");
    }
}
