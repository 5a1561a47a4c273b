//! `auth.keyStore` and `backend.auth.pluginKeyStore`: where public keys stand, or the fixed keys that sign instead of keys of our own making.

use std::{borrow::Cow, path::PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{
    config::{field::Field, origin::Origin},
    domain::token_algorithm::TokenAlgorithm,
};

/// Where public keys stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum KeyStoreConfig {
    /// In the database, if there is one.
    #[default]
    Database,
    /// In this process.
    Memory,
    /// Nowhere: these keys are used, of which the first one signs.
    Static(Vec<StaticKeyConfig>),
}

/// A pair of keys in files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaticKeyConfig {
    /// The public half: PEM, `PUBLIC KEY` (SPKI). Relative to the working directory, as in Backstage.
    pub public_key_file: PathBuf,
    /// The private half: PEM, `PRIVATE KEY` (PKCS #8). Only the first pair of service keys must have one.
    pub private_key_file: Option<PathBuf>,
    /// The key id.
    pub key_id: String,
    /// How it signs.
    pub algorithm: TokenAlgorithm,
    /// Where this was configured, for errors.
    pub origin: Origin,
    /// The key path of this pair, for errors.
    pub path: String,
}

impl KeyStoreConfig {
    /// `auth.keyStore`. `has_database`: whether keys can be kept at all.
    pub(super) fn read_user(field: &Field<'_>) -> Option<Self> {
        let provider = field.key("provider");
        match provider.string("database, memory or static")? {
            "database" => Some(Self::Database),
            "memory" => Some(Self::Memory),
            "static" => Self::read_keys(&field.key("static").key("keys"), true),
            "firestore" => provider.error("firestore is not supported; write database, memory or static"),
            unknown => provider.error(format!("Unknown KeyStore provider: {unknown}; write database, memory or static")),
        }
    }

    /// `backend.auth.pluginKeyStore`.
    pub(super) fn read_service(field: &Field<'_>) -> Option<Self> {
        let kind = field.key("type");
        match kind.string("database or static")? {
            "database" => Some(Self::Database),
            "static" => Self::read_keys(&field.key("static").key("keys"), false),
            _ => kind.expected_shown("database or static"),
        }
    }

    fn read_keys(field: &Field<'_>, all_private: bool) -> Option<Self> {
        let items = field.required("a list of key pairs")?.items()?;
        if items.is_empty() {
            return field.error("Should provide at least one key pair");
        }
        let keys = items.iter().enumerate().map(|(nth, item)| StaticKeyConfig::read(item, all_private || nth == 0));
        // Each is read, so that every fault is found.
        let keys: Vec<_> = keys.collect();
        Some(Self::Static(keys.into_iter().collect::<Option<_>>()?))
    }
}

impl StaticKeyConfig {
    fn read(field: &Field<'_>, private: bool) -> Option<Self> {
        let file = |key: &str| field.key(key).required_string("the path of a PEM file").map(PathBuf::from);
        let public_key_file = file("publicKeyFile");
        let private_key_file = if private || field.key("privateKeyFile").is_set() { file("privateKeyFile").map(Some) } else { Some(None) };
        let key_id = field.key("keyId").required_string("a key id").map(str::to_owned);
        let algorithm = field.key("algorithm");
        let algorithm = match algorithm.string("ES256, RS256 or EdDSA") {
            None => TokenAlgorithm::Es256,
            Some(name) => TokenAlgorithm::from_name(name).or_else(|| algorithm.expected_shown("ES256, RS256 or EdDSA"))?,
        };
        let (origin, path) = (field.origin().clone(), field.path().as_str().to_owned());
        Some(Self { public_key_file: public_key_file?, private_key_file: private_key_file?, key_id: key_id?, algorithm, origin, path })
    }
}

/// A list of key pairs.
fn keys_schema() -> serde_json::Value {
    serde_json::json!({ "type": "object", "properties": { "keys": {
        "type": "array",
        "minItems": 1,
        "description": "Key pairs; the first one signs, all are published. Needs a restart.",
        "items": { "type": "object", "required": ["publicKeyFile", "keyId"], "properties": {
            "publicKeyFile": { "type": "string", "description": "PEM, PUBLIC KEY (SPKI)." },
            "privateKeyFile": { "type": "string", "description": "PEM, PRIVATE KEY (PKCS #8)." },
            "keyId": { "type": "string" },
            "algorithm": { "enum": TokenAlgorithm::ALL.map(TokenAlgorithm::as_str), "default": TokenAlgorithm::Es256.as_str() },
        } },
    } } })
}

/// `auth.keyStore`.
pub(super) struct KeyStoreSchema;

impl JsonSchema for KeyStoreSchema {
    fn schema_name() -> Cow<'static, str> {
        "KeyStore".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "properties": {
                "provider": {
                    "enum": ["database", "memory", "static"],
                    "default": "database",
                    "description": "Where the public keys of tokens stand: in the database, if there is one; in this process; or fixed keys. Needs a restart.",
                },
                "static": keys_schema(),
            },
        })
    }
}

/// `backend.auth.pluginKeyStore`.
pub(super) struct PluginKeyStoreSchema;

impl JsonSchema for PluginKeyStoreSchema {
    fn schema_name() -> Cow<'static, str> {
        "PluginKeyStore".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "properties": { "pluginKeyStore": {
            "type": "object",
            "description": "Keys of the tokens by which this server asks other plugins.",
            "properties": {
                "type": { "enum": ["database", "static"], "default": "database", "description": "In the database, if there is one, or fixed keys. Needs a restart." },
                "static": keys_schema(),
            },
        } } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{faults, loaded};

    #[test]
    fn keys_stand_in_the_database_unless_said_otherwise() {
        let store = |text: &str| loaded(&format!("stagedoor: {{ stateDir: s }}\nauth: {{ keyStore: {text} }}")).auth.key_store;
        assert_eq!(
            (store("~"), store("{ provider: database }"), store("{ provider: memory }")),
            (KeyStoreConfig::Database, KeyStoreConfig::Database, KeyStoreConfig::Memory)
        );
        let KeyStoreConfig::Static(keys) = store("{ provider: static, static: { keys: [{ publicKeyFile: a, privateKeyFile: b, keyId: k }] } }")
        else {
            panic!("keys")
        };
        assert_eq!((keys[0].key_id.as_str(), keys[0].algorithm, keys[0].path.as_str()), ("k", TokenAlgorithm::Es256, "auth.keyStore.static.keys[0]"));
        let service = |text: &str| loaded(&format!("backend: {{ auth: {{ pluginKeyStore: {text} }} }}")).backend.plugin_keys;
        assert_eq!(service("{ type: database }"), KeyStoreConfig::Database);
        let KeyStoreConfig::Static(keys) =
            service("{ type: static, static: { keys: [{ publicKeyFile: a, privateKeyFile: b, keyId: k }, { publicKeyFile: c, keyId: l }] } }")
        else {
            panic!("keys")
        };
        assert_eq!((keys.len(), &keys[1].private_key_file), (2, &None));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let fault = |text: &str| faults(&format!("auth: {{ keyStore: {text} }}"));
        insta::assert_snapshot!(fault("{ provider: firestore }"), @"app-config.yaml: auth.keyStore.provider: firestore is not supported; write database, memory or static");
        insta::assert_snapshot!(fault("{ provider: redis }"), @"app-config.yaml: auth.keyStore.provider: Unknown KeyStore provider: redis; write database, memory or static");
        insta::assert_snapshot!(fault("{ provider: database }"), @"app-config.yaml: auth.keyStore.provider: database needs one: configure backend.database, or stagedoor.stateDir for a file there; or write memory");
        insta::assert_snapshot!(fault("{ provider: static, static: { keys: [] } }"), @"app-config.yaml: auth.keyStore.static.keys: Should provide at least one key pair");
        insta::assert_snapshot!(fault("{ provider: static, static: { keys: [{ keyId: 7, algorithm: HS256 }] } }"), @r#"
        app-config.yaml: auth.keyStore.static.keys[0].publicKeyFile: missing; expected the path of a PEM file
        app-config.yaml: auth.keyStore.static.keys[0].privateKeyFile: missing; expected the path of a PEM file
        app-config.yaml: auth.keyStore.static.keys[0].keyId: expected a key id, got a number
        app-config.yaml: auth.keyStore.static.keys[0].algorithm: expected ES256, RS256 or EdDSA, got "HS256"
        "#);
        insta::assert_snapshot!(faults("backend: { auth: { pluginKeyStore: { type: static, static: { keys: [{ publicKeyFile: a, keyId: k }] } } } }"), @"app-config.yaml: backend.auth.pluginKeyStore.static.keys[0].privateKeyFile: missing; expected the path of a PEM file");
    }
}
