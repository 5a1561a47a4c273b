//! `auth.providers.oauth2Proxy.signIn.resolvers`: who is asked, in which order, with which settings.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Map;

use crate::config::{ConfigError, Origin, field::Field};

/// Backstage's own text, and what to write.
const NO_RESOLVER: &str = "No sign-in resolver configured for proxy auth provider 'oauth2Proxy'; \
    write auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: forwardedUserMatchingUserEntityName }] } } } }";

/// One item of `signIn.resolvers`, or what `stagedoor.profile` and `stagedoor.ownership` name: a component with its settings.
#[derive(Clone, PartialEq)]
pub struct ResolverConfig {
    /// A built-in, or a name in `stagedoor.components`.
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

    /// All items, from the direct key, as Backstage reads it, else from the one below the environment, as its documentation shows it.
    pub(super) fn read_all(provider: &Field<'_>, environment: &str) -> Vec<Self> {
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
        items.unwrap_or_default().iter().filter_map(Self::read).collect()
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

fn listed<'a>(below: &Field<'a>) -> Field<'a> {
    below.key("signIn").key("resolvers")
}

/// The shape of `signIn`.
pub(super) struct SignInSchema;

impl JsonSchema for SignInSchema {
    fn schema_name() -> Cow<'static, str> {
        "SignIn".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
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
        assert_eq!(serde_json::json!(resolvers[1].settings), serde_json::json!({ "domain": "x", "none": null, "dangerous": true }));
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
}
