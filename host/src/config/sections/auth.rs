//! `auth`: the resolvers of `oauth2Proxy`, and what Backstage lets one say about tokens.
//!
//! A value that stagedoor cannot honour is refused, never ignored: tokens that look otherwise than configured would fail far from here.

use std::{borrow::Cow, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::resolvers::{ResolverConfig, SignInSchema};
use crate::{
    config::{field::Field, schema::DurationSchema},
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
}

impl AuthConfig {
    pub(in crate::config) fn read(auth: &Field<'_>) -> Self {
        let environment = auth.key("environment").string("the name of an environment").unwrap_or(DEFAULT_ENVIRONMENT).to_owned();
        let resolvers = ResolverConfig::read_all(&auth.key("providers").key("oauth2Proxy"), &environment);
        let expiration = auth.key("backstageTokenExpiration").any_duration().unwrap_or(DEFAULT_EXPIRATION);
        let token_algorithm = algorithm(&auth.key("identityTokenAlgorithm")).unwrap_or_default();
        let token_with_ownership = auth.key("omitIdentityTokenOwnershipClaim").boolean() == Some(false);
        check_key_store(&auth.key("keyStore").key("provider"));
        Self {
            environment,
            resolvers,
            token_expiration: expiration.clamp(SHORTEST_EXPIRATION, LONGEST_EXPIRATION),
            token_algorithm,
            token_with_ownership,
        }
    }
}

fn algorithm(field: &Field<'_>) -> Option<TokenAlgorithm> {
    let name = field.string("ES256, RS256 or EdDSA")?;
    TokenAlgorithm::from_name(name).or_else(|| field.error(format!("{name:?} is not supported; write ES256, RS256 or EdDSA, or leave the key out")))
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
        let sign_in = generator.subschema_for::<SignInSchema>();
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
        app-config.yaml: auth.keyStore.provider: Unknown KeyStore provider: redis; write memory
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
