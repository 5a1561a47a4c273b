//! `auth`: the resolvers of `oauth2Proxy`, and what Backstage lets one say about tokens.
//!
//! A value that stagedoor cannot honour is refused, never ignored: tokens that look otherwise than configured would fail far from here.

use std::{borrow::Cow, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    key_store::{KeyStoreConfig, KeyStoreSchema},
    resolvers::{ResolverConfig, SignInSchema},
};
use crate::{
    config::{field::Field, schema::DurationSchema, tree::Value},
    domain::token_algorithm::TokenAlgorithm,
};

const DEFAULT_ENVIRONMENT: &str = "development";
const DEFAULT_EXPIRATION: Duration = Duration::from_hours(1);
const SHORTEST_EXPIRATION: Duration = Duration::from_mins(10);
const LONGEST_EXPIRATION: Duration = Duration::from_hours(24);

/// Who signs in, and with which token.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthConfig {
    /// `auth.environment`: resolvers may stand below this name.
    pub environment: String,
    /// The resolvers in the order in which they are asked; at least one.
    pub resolvers: Vec<ResolverConfig>,
    /// How long a token lives: 10 minutes to 24 hours.
    pub token_expiration: Duration,
    /// How tokens are signed.
    pub token_algorithm: TokenAlgorithm,
    /// Whether tokens carry what the user owns: `omitIdentityTokenOwnershipClaim`, turned round.
    pub token_with_ownership: bool,
    /// Where the public keys of tokens stand.
    pub key_store: KeyStoreConfig,
}

impl AuthConfig {
    pub(in crate::config) fn read(auth: &Field<'_>) -> Self {
        let environment = auth.key("environment").string("the name of an environment").unwrap_or(DEFAULT_ENVIRONMENT).to_owned();
        let resolvers = ResolverConfig::read_all(&auth.key("providers").key("oauth2Proxy"), &environment);
        let expiration = auth.key("backstageTokenExpiration").any_duration().unwrap_or(DEFAULT_EXPIRATION);
        let token_algorithm = algorithm(&auth.key("identityTokenAlgorithm")).unwrap_or_default();
        let token_with_ownership = auth.key("omitIdentityTokenOwnershipClaim").boolean() == Some(false);
        let key_store = KeyStoreConfig::read_user(&auth.key("keyStore")).unwrap_or_default();
        Self {
            environment,
            resolvers,
            token_expiration: expiration.clamp(SHORTEST_EXPIRATION, LONGEST_EXPIRATION),
            token_algorithm,
            token_with_ownership,
            key_store,
        }
    }

    /// Keys that somebody wants in the database need one.
    pub(in crate::config) fn check_key_store(auth: &Field<'_>, has_database: bool) {
        let provider = auth.key("keyStore").key("provider");
        let wanted = matches!(provider.value(), Some(Value::String(name)) if name == "database");
        if wanted && !has_database {
            provider.error::<()>("database needs one: configure backend.database, or stagedoor.stateDir for a file there; or write memory");
        }
    }
}

fn algorithm(field: &Field<'_>) -> Option<TokenAlgorithm> {
    let name = field.string("ES256, RS256 or EdDSA")?;
    TokenAlgorithm::from_name(name).or_else(|| field.error(format!("{name:?} is not supported; write ES256, RS256 or EdDSA, or leave the key out")))
}

impl JsonSchema for AuthConfig {
    fn schema_name() -> Cow<'static, str> {
        "Auth".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let expiration = generator.subschema_for::<DurationSchema>();
        let sign_in = generator.subschema_for::<SignInSchema>();
        let key_store = generator.subschema_for::<KeyStoreSchema>();
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
                "identityTokenAlgorithm": {
                    "enum": TokenAlgorithm::ALL.map(TokenAlgorithm::as_str),
                    "default": TokenAlgorithm::default().as_str(),
                    "description": "How tokens are signed. Needs a restart.",
                },
                "omitIdentityTokenOwnershipClaim": {
                    "type": "boolean",
                    "default": true,
                    "description": "Whether tokens carry no list of what the user owns; whoever needs it asks /v1/userinfo. Needs a restart.",
                },
                "keyStore": key_store,
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
    use super::*;
    use crate::config::testing::{faults, loaded};

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
        let text = "auth: { identityTokenAlgorithm: HS256, keyStore: { provider: redis } }";
        insta::assert_snapshot!(faults(text), @r#"
        app-config.yaml: auth.identityTokenAlgorithm: "HS256" is not supported; write ES256, RS256 or EdDSA, or leave the key out
        app-config.yaml: auth.keyStore.provider: Unknown KeyStore provider: redis; write database, memory or static
        "#);
        let honoured = loaded(
            "auth: { identityTokenAlgorithm: ES256, omitIdentityTokenOwnershipClaim: 'yes', keyStore: { provider: memory }, session: { secret: x } }",
        );
        assert!(honoured.warnings.is_empty());
    }

    #[test]
    fn tokens_look_as_configured() {
        let auth = |text: &str| loaded(&format!("auth: {text}")).auth;
        assert_eq!((auth("{}").token_algorithm, auth("{}").token_with_ownership), (TokenAlgorithm::Es256, false));
        let auth = auth("{ identityTokenAlgorithm: RS256, omitIdentityTokenOwnershipClaim: 'no' }");
        assert_eq!((auth.token_algorithm, auth.token_with_ownership), (TokenAlgorithm::Rs256, true));
    }
}
