//! Public keys in PostgreSQL: those of user tokens by when they were made, those of service tokens by when they expire.

use sqlx::{Row, postgres::PgRow};

use crate::ports::{
    BoxFuture,
    key_store::{KeyStore, KeyStoreError, StoredKey},
};

use super::{Postgres, text};

/// One of the two tables.
pub(in crate::database) struct PostgresKeys {
    postgres: Postgres,
    table: Table,
}

#[derive(Clone, Copy)]
enum Table {
    /// Knows the creation; so long after it the key is published, in seconds.
    Signing { retention: u64 },
    /// Knows the expiry, as a text.
    Service,
}

impl PostgresKeys {
    /// Keys that are published for so many seconds.
    pub(super) fn signing(postgres: Postgres, retention: u64) -> Self {
        Self { postgres, table: Table::Signing { retention } }
    }

    /// Keys that know when they expire.
    pub(super) fn service(postgres: Postgres) -> Self {
        Self { postgres, table: Table::Service }
    }

    async fn insert(&self, key: &StoredKey) -> Result<(), sqlx::Error> {
        let StoredKey { kid, jwk, created_at, published_until } = key;
        let (kid, jwk) = (text(kid), text(jwk));
        let statement = match self.table {
            Table::Signing { .. } => format!("INSERT INTO signing_keys (kid, key, created_at) VALUES ({kid}, {jwk}, to_timestamp({created_at}))"),
            Table::Service => format!(
                "INSERT INTO backstage_backend_public_keys__keys (id, key, expires_at) VALUES ({kid}, {jwk}, \
                 to_char(to_timestamp({published_until}) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'))"
            ),
        };
        self.postgres.run(&statement).await.map(drop)
    }

    async fn list(&self, now: u64) -> Result<Vec<StoredKey>, sqlx::Error> {
        let statement = match self.table {
            Table::Signing { retention } => format!(
                "SELECT kid, key, extract(epoch FROM created_at)::bigint, extract(epoch FROM created_at)::bigint + {retention} \
                 FROM signing_keys ORDER BY created_at, kid"
            ),
            Table::Service => "SELECT id, key, 0::bigint, extract(epoch FROM expires_at::timestamptz)::bigint \
                               FROM backstage_backend_public_keys__keys ORDER BY expires_at, id"
                .to_owned(),
        };
        let all: Vec<_> = self.postgres.run(&statement).await?.iter().map(stored).collect::<Result<_, _>>()?;
        if all.iter().any(|key| key.published_until < now) {
            self.delete_expired(now).await;
        }
        Ok(all.into_iter().filter(|key| key.published_until > now).collect())
    }

    /// Tidies up. That this fails, for want of a permission perhaps, keeps nobody from reading.
    async fn delete_expired(&self, now: u64) {
        tracing::info!("removing expired public keys");
        let statement = match self.table {
            Table::Signing { retention } => format!("DELETE FROM signing_keys WHERE extract(epoch FROM created_at)::bigint + {retention} <= {now}"),
            Table::Service => {
                format!("DELETE FROM backstage_backend_public_keys__keys WHERE extract(epoch FROM expires_at::timestamptz)::bigint <= {now}")
            }
        };
        if let Err(error) = self.postgres.run(&statement).await {
            tracing::warn!(%error, "expired public keys cannot be removed");
        }
    }
}

fn stored(row: &PgRow) -> Result<StoredKey, sqlx::Error> {
    let time = |column: usize| row.try_get::<i64, _>(column).map(|seconds| u64::try_from(seconds).unwrap_or_default());
    Ok(StoredKey { kid: row.try_get(0)?, jwk: row.try_get(1)?, created_at: time(2)?, published_until: time(3)? })
}

impl KeyStore for PostgresKeys {
    fn add<'a>(&'a self, key: &'a StoredKey) -> BoxFuture<'a, Result<(), KeyStoreError>> {
        Box::pin(async move { self.insert(key).await.map_err(|error| KeyStoreError(error.to_string())) })
    }

    fn published(&self, now: u64) -> BoxFuture<'_, Result<Vec<StoredKey>, KeyStoreError>> {
        Box::pin(async move { self.list(now).await.map_err(|error| KeyStoreError(error.to_string())) })
    }
}
