//! Keys and user info in Backstage's own tables, in SQLite or PostgreSQL.
//!
//! A database that Backstage's auth plugin made is used as it is; one that was made here can be given to that plugin, which finds nothing to migrate.
//! What is in the tables is as hostile as any input: whoever reads it checks it.

mod error;
mod migrations;
mod postgres;
mod sqlite;
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
            let user_info = sqlite.user_info(Arc::clone(&clock));
            DatabaseStores {
                signing_keys: Arc::new(sqlite.signing_keys(retention)),
                service_keys: Arc::new(sqlite.service_keys()),
                user_info: Arc::new(WrittenLately::new(user_info, clock, SKIP_WINDOW)),
            }
        }
        DatabasePlace::Postgres(config) => {
            let postgres = Postgres::open(config, migrate).await?;
            let user_info = postgres.user_info(Arc::clone(&clock));
            DatabaseStores {
                signing_keys: Arc::new(postgres.signing_keys(retention)),
                service_keys: Arc::new(postgres.service_keys()),
                user_info: Arc::new(WrittenLately::new(user_info, clock, SKIP_WINDOW)),
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

/// What the column `user_info` holds, byte for byte as Backstage writes it.
mod claims {
    use serde::{Deserialize, Serialize};

    use crate::{
        domain::{claims::Claims, entity_ref::EntityRef},
        ports::user_info_store::{UserInfo, UserInfoError},
    };

    #[derive(Serialize)]
    struct Written<'a> {
        claims: WrittenClaims<'a>,
    }

    #[derive(Serialize)]
    struct WrittenClaims<'a> {
        sub: &'a EntityRef,
        ent: &'a [EntityRef],
        #[serde(flatten)]
        further: &'a Claims,
    }

    #[derive(Deserialize)]
    struct Read {
        claims: ReadClaims,
    }

    #[derive(Deserialize)]
    struct ReadClaims {
        sub: String,
        #[serde(default)]
        ent: Vec<String>,
        #[serde(flatten)]
        further: Claims,
    }

    /// The claims as JSON.
    pub(super) fn write(user: &EntityRef, ownership: &[EntityRef], further: &Claims) -> Result<String, UserInfoError> {
        let written = Written { claims: WrittenClaims { sub: user, ent: ownership, further } };
        serde_json::to_string(&written).map_err(|error| UserInfoError(error.to_string()))
    }

    /// The claims that somebody wrote about this user.
    pub(super) fn read(json: &str) -> Result<UserInfo, UserInfoError> {
        let Read { claims } = serde_json::from_str(json).map_err(|error| UserInfoError(format!("the stored claims cannot be read: {error}")))?;
        let parsed = |text: &str| {
            EntityRef::parse(text, "user", "default").map_err(|error| UserInfoError(format!("the stored claims hold no entity ref: {error}")))
        };
        let ownership = claims.ent.iter().map(|text| parsed(text)).collect::<Result<_, _>>()?;
        Ok(UserInfo { user: parsed(&claims.sub)?, ownership, claims: claims.further })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn further_claims_stand_behind_and_are_read_as_they_were_written() {
            let alice = EntityRef::new("user", "default", "alice").unwrap();
            let further = Claims::parse(r#"{"zeta":[1,{"a":"\\"}],"alpha":null}"#).unwrap();
            let json = write(&alice, std::slice::from_ref(&alice), &further).unwrap();
            assert_eq!(json, r#"{"claims":{"sub":"user:default/alice","ent":["user:default/alice"],"zeta":[1,{"a":"\\"}],"alpha":null}}"#);
            let info = read(&json).unwrap();
            assert_eq!((info.user, info.ownership.len(), info.claims), (alice, 1, further));
        }

        /// Backstage lets its resolvers claim what they like.
        #[test]
        fn what_backstage_wrote_is_passed_on_whatever_our_own_bounds() {
            let json = r#"{"claims":{"groups":["a"],"n":9007199254740993,"ent":[],"jti":"x","sub":"user:default/alice"}}"#;
            let info = read(json).unwrap();
            assert_eq!(serde_json::to_string(&info.claims).unwrap(), r#"{"groups":["a"],"n":9007199254740993,"jti":"x"}"#);
        }
    }
}
