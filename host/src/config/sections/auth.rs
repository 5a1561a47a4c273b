//! `auth`: the resolvers of `oauth2Proxy`, and what Backstage lets one say about tokens.
//!
//! A value that stagedoor cannot honour is refused, never ignored: tokens that look otherwise than configured would fail far from here.

use std::{borrow::Cow, fmt, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Map;

use crate::config::{ConfigError, Origin, read::Field, schema::DurationSchema};

const DEFAULT_ENVIRONMENT: &str = "development";
const DEFAULT_EXPIRATION: Duration = Duration::from_hours(1);
const SHORTEST_EXPIRATION: Duration = Duration::from_mins(10);
const LONGEST_EXPIRATION: Duration = Duration::from_hours(24);

/// Backstage's own text, and what to write.
const NO_RESOLVER: &str = "No sign-in resolver configured for proxy auth provider 'oauth2Proxy'; \
    write auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: forwardedUserMatchingUserEntityName }] } } } }";

/// Who signs in, and with which token.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthConfig {
    /// `auth.environment`: resolvers may stand below this name.
    pub environment: String,
    /// The resolvers in the order in which they are asked; at least one.
    pub resolvers: Vec<ResolverConfig>,
    /// How long a token lives: 10 minutes to 24 hours.
    pub token_expiration: Duration,
}

/// One item of `signIn.resolvers`.
#[derive(Clone, PartialEq)]
pub struct ResolverConfig {
    /// A built-in resolver, or a name in `stagedoor.components`.
    pub name: String,
    /// All other keys of the item.
    pub settings: Map<String, serde_json::Value>,
    /// The file that holds the item.
    pub origin: Origin,
    /// Where it stands there: `auth.providers.oauth2Proxy.signIn.resolvers[0]`.
    pub path: String,
}

impl ResolverConfig {
    /// An item that no file holds, without settings.
    pub fn from_argument(name: &str, argument: &str) -> Self {
        Self { name: name.to_owned(), settings: Map::new(), origin: Origin::argument(argument), path: name.to_owned() }
    }

    /// A fault of this item, found later.
    pub fn error(&self, message: impl Into<String>) -> ConfigError {
        ConfigError::at(&self.origin, self.path.as_str(), message)
    }

    fn read(field: &Field<'_>) -> Option<Self> {
        let name = field.key("resolver").required_string("the name of a resolver")?.to_owned();
        Some(Self { name, settings: field.json_without("resolver"), origin: field.origin().clone(), path: field.path().to_string() })
    }
}

/// Settings may hold secrets: only their keys are shown.
impl fmt::Debug for ResolverConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, settings, origin, path } = self;
        let settings: Vec<_> = settings.keys().collect();
        f.debug_struct("ResolverConfig").field("name", name).field("settings", &settings).field("origin", origin).field("path", path).finish()
    }
}

impl AuthConfig {
    pub(in crate::config) fn read(auth: &Field<'_>) -> Self {
        let environment = auth.key("environment").string("the name of an environment").unwrap_or(DEFAULT_ENVIRONMENT).to_owned();
        let resolvers = resolvers(&auth.key("providers").key("oauth2Proxy"), &environment);
        let expiration = auth.key("backstageTokenExpiration").any_duration().unwrap_or(DEFAULT_EXPIRATION);
        check_algorithm(&auth.key("identityTokenAlgorithm"));
        check_ownership_claim(&auth.key("omitIdentityTokenOwnershipClaim"));
        check_key_store(&auth.key("keyStore").key("provider"));
        Self { environment, resolvers, token_expiration: expiration.clamp(SHORTEST_EXPIRATION, LONGEST_EXPIRATION) }
    }
}

/// The direct key, as Backstage reads it, else the one below the environment, as its documentation shows it.
fn resolvers(provider: &Field<'_>, environment: &str) -> Vec<ResolverConfig> {
    let (direct, nested) = (listed(provider), listed(&provider.key(environment)));
    if direct.is_set() && nested.is_set() {
        nested.warning("is ignored, since auth.providers.oauth2Proxy.signIn.resolvers wins");
    }
    let chosen = if direct.is_set() || !nested.is_set() { direct } else { nested };
    let items = chosen.items();
    if !chosen.is_set() || items.as_ref().is_some_and(Vec::is_empty) {
        let elsewhere = provider.entries().into_iter().find(|(_, field)| field.is_object() && listed(field).is_set());
        let hint = elsewhere.map_or(String::new(), |(name, _)| format!(", or set auth.environment to {name}, where there are resolvers"));
        chosen.error::<()>(format!("{NO_RESOLVER}{hint}"));
    }
    items.unwrap_or_default().iter().filter_map(ResolverConfig::read).collect()
}

fn listed<'a>(below: &Field<'a>) -> Field<'a> {
    below.key("signIn").key("resolvers")
}

fn check_algorithm(field: &Field<'_>) {
    if let Some(algorithm) = field.string("ES256").filter(|algorithm| *algorithm != "ES256") {
        field.error::<()>(format!("{algorithm:?} is not supported yet; leave the key out, or write ES256"));
    }
}

fn check_ownership_claim(field: &Field<'_>) {
    if field.boolean() == Some(false) {
        field.error::<()>("false is not supported yet; leave the key out: whoever needs the claim asks /v1/userinfo");
    }
}

fn check_key_store(field: &Field<'_>) {
    match field.string("memory") {
        None | Some("memory") => {}
        Some(provider @ ("database" | "firestore" | "static")) => {
            field.warning(&format!("{provider} is not supported yet: signing keys stay in memory and change with every restart"));
        }
        Some(unknown) => {
            field.error::<()>(format!("Unknown KeyStore provider: {unknown}; write memory"));
        }
    }
}

impl JsonSchema for AuthConfig {
    fn schema_name() -> Cow<'static, str> {
        "Auth".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let expiration = generator.subschema_for::<DurationSchema>();
        let sign_in = json_schema!({
            "type": "object",
            "properties": { "resolvers": {
                "type": "array",
                "description": "The resolvers, asked in this order until one knows the user. Live.",
                "items": {
                    "type": "object",
                    "required": ["resolver"],
                    "properties": { "resolver": {
                        "type": "string",
                        "description": "A built-in resolver, or a name in stagedoor.components. All other keys of the item are its settings.",
                    } },
                },
            } },
        });
        json_schema!({
            "type": "object",
            "description": "Who signs in, and with which token.",
            "properties": {
                "environment": {
                    "type": "string",
                    "default": DEFAULT_ENVIRONMENT,
                    "description": "Resolvers may also stand in auth.providers.oauth2Proxy.<environment>.signIn; those in signIn itself win. Live.",
                },
                "backstageTokenExpiration": { "description": "How long a token lives: 10 minutes to 24 hours, else the nearest of them. Needs a restart.", "default": "1 hour", "allOf": [expiration] },
                "identityTokenAlgorithm": { "const": "ES256", "default": "ES256", "description": "How tokens are signed. Needs a restart." },
                "omitIdentityTokenOwnershipClaim": { "const": true, "default": true, "description": "Tokens carry no list of what the user owns. Needs a restart." },
                "keyStore": { "type": "object", "properties": { "provider": {
                    "enum": ["memory", "database", "firestore", "static"],
                    "default": "memory",
                    "description": "Where signing keys are kept; for now always in memory. Needs a restart.",
                } } },
                "providers": { "type": "object", "properties": { "oauth2Proxy": {
                    "type": "object",
                    "description": "The sign-in behind a proxy. Each other key may be an environment.",
                    "properties": { "signIn": sign_in },
                } } },
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{faults, loaded};

    /// Takes away the resolver that tests have by default.
    const NONE: &str = "signIn: ~";

    fn provider(text: &str) -> String {
        format!("auth: {{ providers: {{ oauth2Proxy: {text} }} }}")
    }

    fn names(text: &str) -> Vec<String> {
        loaded(text).auth.resolvers.into_iter().map(|resolver| resolver.name).collect()
    }

    #[test]
    fn an_item_has_a_name_and_settings_and_knows_where_it_stands() {
        let text = provider("{ signIn: { resolvers: [{ resolver: a }, { resolver: b, domain: x, dangerous: true, none: ~ }] } }");
        let resolvers = loaded(&text).auth.resolvers;
        assert_eq!(resolvers[0].name, "a");
        assert!(resolvers[0].settings.is_empty());
        assert_eq!(serde_json::json!(resolvers[1].settings), serde_json::json!({ "domain": "x", "dangerous": true }));
        assert_eq!(
            resolvers[1].error("no such resolver").to_string(),
            "app-config.yaml: auth.providers.oauth2Proxy.signIn.resolvers[1]: no such resolver"
        );
    }

    #[test]
    fn settings_do_not_show_in_debug_output() {
        let config = loaded(&provider("{ signIn: { resolvers: [{ resolver: a, key: '${SECRET}', more: { deep: ['${SECRET}'] } }] } }"));
        assert_eq!(config.auth.resolvers[0].settings["key"], "hunter2");
        let shown = format!("{config:?}");
        assert!(shown.contains("\"key\"") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn the_direct_key_wins_over_the_environment() {
        let nested = |environment: &str| format!("{{ {environment}: {{ signIn: {{ resolvers: [{{ resolver: nested }}] }} }}, {NONE} }}");
        assert_eq!(names(&provider(&nested("development"))), ["nested"]);
        assert_eq!(names(&format!("{}\n", provider(&nested("production"))).replace("auth: {", "auth: { environment: production,")), ["nested"]);
        let both = loaded(&provider("{ development: { signIn: { resolvers: [{ resolver: nested }] } } }"));
        assert_eq!(both.auth.resolvers[0].name, "least");
        insta::assert_snapshot!(both.warnings.join("\n"), @"app-config.yaml: auth.providers.oauth2Proxy.development.signIn.resolvers: is ignored, since auth.providers.oauth2Proxy.signIn.resolvers wins");
    }

    #[test]
    fn having_no_resolver_is_a_fault_that_says_what_to_write() {
        insta::assert_snapshot!(faults("auth: ~"), @"app-config.yaml: auth.providers.oauth2Proxy.signIn.resolvers: No sign-in resolver configured for proxy auth provider 'oauth2Proxy'; write auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: forwardedUserMatchingUserEntityName }] } } } }");
        for text in ["{ signIn: ~ }", "{ signIn: { resolvers: ~ } }", "{ signIn: { resolvers: [] } }", "{ signIn: ~, development: {} }", "~"] {
            let fault = faults(&provider(text));
            assert!(fault.contains("No sign-in resolver configured for proxy auth provider 'oauth2Proxy'"), "{text}: {fault}");
            assert_eq!(fault.lines().count(), 1, "{fault}");
        }
        let elsewhere = faults(&provider(&format!("{{ production: {{ signIn: {{ resolvers: [{{ resolver: a }}] }} }}, {NONE} }}")));
        assert!(elsewhere.ends_with("or set auth.environment to production, where there are resolvers"), "{elsewhere}");
    }

    #[test]
    fn items_that_name_no_resolver_are_faults() {
        insta::assert_snapshot!(faults(&provider("{ signIn: { resolvers: [{ domain: x }, name, { resolver: 7 }, { resolver: '' }] } }")), @r"
        app-config.yaml: auth.providers.oauth2Proxy.signIn.resolvers[0].resolver: missing; expected the name of a resolver
        app-config.yaml: auth.providers.oauth2Proxy.signIn.resolvers[1]: expected an object of keys, got a string
        app-config.yaml: auth.providers.oauth2Proxy.signIn.resolvers[2].resolver: expected the name of a resolver, got a number
        app-config.yaml: auth.providers.oauth2Proxy.signIn.resolvers[3].resolver: expected the name of a resolver, got an empty string
        ");
        insta::assert_snapshot!(faults(&provider("{ signIn: { resolvers: { resolver: a } } }")), @"app-config.yaml: auth.providers.oauth2Proxy.signIn.resolvers: expected a list, got an object");
    }

    #[test]
    fn the_expiration_is_clamped() {
        let minutes = |text: &str| loaded(&format!("auth: {{ backstageTokenExpiration: {text} }}")).auth.token_expiration.as_secs() / 60;
        assert_eq!(minutes("~"), 60);
        assert_eq!(minutes("{ minutes: 15 }"), 15);
        assert_eq!(minutes("PT30M"), 30);
        assert_eq!(minutes("1 minute"), 10);
        assert_eq!(minutes("P7D"), 24 * 60);
        assert!(faults("auth: { backstageTokenExpiration: 3600 }").contains("auth.backstageTokenExpiration: expected a duration with its unit"));
    }

    #[test]
    fn what_cannot_be_honoured_yet_is_refused_with_its_path() {
        let text = "auth: { identityTokenAlgorithm: RS256, omitIdentityTokenOwnershipClaim: false, keyStore: { provider: redis } }";
        insta::assert_snapshot!(faults(text), @r#"
        app-config.yaml: auth.identityTokenAlgorithm: "RS256" is not supported yet; leave the key out, or write ES256
        app-config.yaml: auth.omitIdentityTokenOwnershipClaim: false is not supported yet; leave the key out: whoever needs the claim asks /v1/userinfo
        app-config.yaml: auth.keyStore.provider: Unknown KeyStore provider: redis; write memory
        "#);
        let honoured = loaded(
            "auth: { identityTokenAlgorithm: ES256, omitIdentityTokenOwnershipClaim: 'yes', keyStore: { provider: memory }, session: { secret: x } }",
        );
        assert!(honoured.warnings.is_empty());
    }

    #[test]
    fn another_key_store_is_a_warning() {
        for provider in ["database", "firestore", "static"] {
            let warnings = loaded(&format!("auth: {{ keyStore: {{ provider: {provider} }} }}")).warnings;
            assert_eq!(
                warnings,
                [format!(
                    "app-config.yaml: auth.keyStore.provider: {provider} is not supported yet: signing keys stay in memory and change with every restart"
                )]
            );
        }
    }
}
