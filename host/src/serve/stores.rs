//! Where keys and user info are kept, and what signs and stores with them.

use std::{fs, path::Path, sync::Arc};

use crate::{
    config::{Config, ConfigError, ConfigErrors, DatabaseConfig, DatabasePlace, KeyStoreConfig, StaticKeyConfig},
    database::{self, DatabaseStores},
    domain::token_algorithm::TokenAlgorithm,
    ports::{service_tokens::ServiceTokens, token_issuer::TokenIssuer, user_info_store::UserInfoStore},
    tokens::{
        fixed::{FixedKeys, PairInPem},
        issuer::{BackstageTokens, TokenOptions},
        keys::TokenKeys,
        service_token::{self, PluginTokens},
        user_info::UserInfoInMemory,
    },
};

use super::{StartError, WireOptions};

/// The ports that need a place to keep things.
pub(super) struct Stores {
    /// User tokens.
    pub(super) issuer: Arc<dyn TokenIssuer>,
    /// Service tokens.
    pub(super) service_tokens: Arc<dyn ServiceTokens>,
    /// User info.
    pub(super) user_info: Arc<dyn UserInfoStore>,
    /// Where things are kept, for the banner.
    pub(super) places: String,
}

/// Opens what is configured, or with [`WireOptions::in_memory`] nothing.
pub(super) async fn wire_stores(config: &Config, options: &WireOptions) -> Result<Stores, StartError> {
    let lifetime = config.auth.token_expiration.as_secs();
    let configured = config.database();
    let opened = if options.in_memory {
        None
    } else {
        let retention = std::time::Duration::from_secs(TokenKeys::retention(lifetime));
        database::open(&configured, retention, Arc::clone(&options.clock)).await?
    };
    let (signing_keys, service_keys, user_info) = match opened {
        Some(DatabaseStores { signing_keys, service_keys, user_info }) => (Some(signing_keys), Some(service_keys), user_info),
        None => (None, None, Arc::new(UserInfoInMemory::default()) as Arc<dyn UserInfoStore>),
    };
    let made = |algorithm, lifetime, store| TokenKeys::made(algorithm, lifetime, store, Arc::clone(&options.clock), Arc::clone(&options.random));
    let user_keys = match &config.auth.key_store {
        KeyStoreConfig::Static(pairs) => fixed(pairs, Some("sig"))?,
        store => made(config.auth.token_algorithm, lifetime, signing_keys.filter(|_| *store == KeyStoreConfig::Database)),
    };
    let plugin_keys = match &config.backend.plugin_keys {
        KeyStoreConfig::Static(pairs) => fixed(pairs, None)?,
        _ => made(TokenAlgorithm::Es256, service_token::LIFETIME, service_keys),
    };
    for keys in [&user_keys, &plugin_keys] {
        // What is known now is what is served while the store is away.
        keys.read().await.map_err(StartError::KeyStore)?;
    }
    let looks = TokenOptions {
        issuer: config.backend.auth_external_url(),
        lifetime: config.auth.token_expiration,
        with_ownership: config.auth.token_with_ownership,
    };
    Ok(Stores {
        issuer: Arc::new(BackstageTokens::new(looks, user_keys, Arc::clone(&options.clock))),
        service_tokens: Arc::new(PluginTokens::new(plugin_keys, Arc::clone(&options.clock))),
        user_info,
        places: places(&config.auth.key_store, &configured),
    })
}

/// The keys of these files.
fn fixed(pairs: &[StaticKeyConfig], for_what: Option<&str>) -> Result<TokenKeys, StartError> {
    let fault =
        |pair: &StaticKeyConfig, message: String| StartError::Config(ConfigErrors(vec![ConfigError::at(&pair.origin, pair.path.as_str(), message)]));
    let read = |pair: &StaticKeyConfig, path: &Path| {
        fs::read(path).map_err(|error| {
            fault(pair, format!("{} cannot be read: {error}; expected a PEM file, relative to the working directory", path.display()))
        })
    };
    let in_pem = |pair: &StaticKeyConfig| {
        let private = pair.private_key_file.as_ref().map(|path| read(pair, path)).transpose()?;
        Ok(PairInPem { kid: pair.key_id.clone(), algorithm: pair.algorithm, public: read(pair, &pair.public_key_file)?, private })
    };
    let pairs_in_pem = pairs.iter().map(in_pem).collect::<Result<_, StartError>>()?;
    let keys = FixedKeys::read(pairs_in_pem, for_what).map_err(|(nth, error)| fault(&pairs[nth], error.to_string()))?;
    Ok(TokenKeys::fixed(keys))
}

fn places(keys: &KeyStoreConfig, database: &DatabaseConfig) -> String {
    let place = match &database.place {
        DatabasePlace::Memory => "in memory: users sign in again after a restart".to_owned(),
        DatabasePlace::Sqlite(path) => format!("in {}", path.display()),
        DatabasePlace::Postgres(postgres) => format!("in {postgres}"),
    };
    match keys {
        KeyStoreConfig::Database => place,
        KeyStoreConfig::Memory if database.place == DatabasePlace::Memory => place,
        KeyStoreConfig::Memory => format!("in memory; user info {place}"),
        KeyStoreConfig::Static(pairs) => format!("{} from files, the first one signs; user info {place}", pairs.len()),
    }
}
