//! Keys and user info in Backstage's own tables, in SQLite or PostgreSQL.
//!
//! A database that Backstage's auth plugin made is used as it is; one that was made here can be given to that plugin, which finds nothing to migrate.
//! What is in the tables is as hostile as any input: whoever reads it checks it.

mod claims;
mod error;
mod migrations;
mod postgres;
mod sqlite;
mod unreadable;
mod written_lately;

use std::{sync::Arc, time::Duration};

use crate::{
    config::{DatabaseConfig, DatabasePlace},
    ports::{clock::Clock, key_store::KeyStore, user_info_store::UserInfoStore},
};

use self::{postgres::Postgres, sqlite::Sqlite, written_lately::WrittenLately};

pub use self::error::DatabaseError;

/// How long claims that were just written are not written again.
const SKIP_WINDOW: Duration = Duration::from_secs(5);
/// Bytes of user info that are remembered for that long.
const REMEMBERED: usize = 16 << 20;

/// What is kept in a database.
pub struct DatabaseStores {
    /// `signing_keys`: the keys of user tokens.
    pub signing_keys: Arc<dyn KeyStore>,
    /// `backstage_backend_public_keys__keys`: the keys of service tokens.
    pub service_keys: Arc<dyn KeyStore>,
    /// `user_info`.
    pub user_info: Arc<dyn UserInfoStore>,
}

/// Opens the database and makes what is missing in it; `None` for no database. `retention` is how long a key of user tokens is published.
pub async fn open(config: &DatabaseConfig, retention: Duration, clock: Arc<dyn Clock>) -> Result<Option<DatabaseStores>, DatabaseError> {
    let migrate = !config.skip_migrations;
    let retention = retention.as_secs();
    let stores = match &config.place {
        DatabasePlace::Memory => return Ok(None),
        DatabasePlace::Sqlite(path) => {
            let sqlite = Sqlite::open(path, migrate).await?;
            let user_info = sqlite.user_info();
            DatabaseStores {
                signing_keys: Arc::new(sqlite.signing_keys(retention)),
                service_keys: Arc::new(sqlite.service_keys()),
                user_info: Arc::new(WrittenLately::new(user_info, clock, SKIP_WINDOW, REMEMBERED)),
            }
        }
        DatabasePlace::Postgres(config) => {
            let postgres = Postgres::open(config, migrate).await?;
            let user_info = postgres.user_info();
            DatabaseStores {
                signing_keys: Arc::new(postgres.signing_keys(retention)),
                service_keys: Arc::new(postgres.service_keys()),
                user_info: Arc::new(WrittenLately::new(user_info, clock, SKIP_WINDOW, REMEMBERED)),
            }
        }
    };
    Ok(Some(stores))
}

/// Whether the database can be used, without making anything in it: for `check`.
pub async fn probe(config: &DatabaseConfig) -> Result<(), DatabaseError> {
    match &config.place {
        DatabasePlace::Postgres(config) => Postgres::probe(config).await,
        // Opening a file would make it.
        DatabasePlace::Memory | DatabasePlace::Sqlite(_) => Ok(()),
    }
}
