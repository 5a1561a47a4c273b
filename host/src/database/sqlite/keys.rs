//! Public keys in SQLite: those of user tokens by when they were made, those of service tokens by when they expire.

use sqlx::{
    Row,
    sqlite::{SqlitePool, SqliteRow},
};

use crate::{
    database::unreadable::Unreadable,
    ports::{
        BoxFuture,
        key_store::{KeyStore, KeyStoreError, StoredKey},
    },
};

const ADD_SIGNING: &str = "INSERT INTO signing_keys (kid, key, created_at) VALUES (?1, ?2, datetime(?3, 'unixepoch'))";
const LIST_SIGNING: &str = "SELECT kid, key, CAST(strftime('%s', created_at) AS integer), CAST(strftime('%s', created_at) AS integer) + ?1 \
                            FROM signing_keys ORDER BY created_at, rowid";
const DELETE_SIGNING: &str = "DELETE FROM signing_keys WHERE CAST(strftime('%s', created_at) AS integer) + ?2 <= ?1";

const ADD_SERVICE: &str =
    "INSERT INTO backstage_backend_public_keys__keys (id, key, expires_at) VALUES (?1, ?2, strftime('%Y-%m-%dT%H:%M:%fZ', ?3, 'unixepoch'))";
const LIST_SERVICE: &str = "SELECT id, key, 0, CAST(strftime('%s', expires_at) AS integer) \
                            FROM backstage_backend_public_keys__keys ORDER BY expires_at, rowid";
const DELETE_SERVICE: &str = "DELETE FROM backstage_backend_public_keys__keys WHERE CAST(strftime('%s', expires_at) AS integer) <= ?1";

/// One of the two tables.
pub(in crate::database) struct SqliteKeys {
    pool: SqlitePool,
    table: Table,
    unreadable: Unreadable,
}

#[derive(Clone, Copy)]
enum Table {
    /// Knows the creation; so long after it the key is published, in seconds.
    Signing { retention: i64 },
    /// Knows the expiry, as a text.
    Service,
}

impl SqliteKeys {
    /// Keys that are published for so many seconds.
    pub(super) fn signing(pool: SqlitePool, retention: u64) -> Self {
        Self { pool, table: Table::Signing { retention: seconds(retention) }, unreadable: Unreadable::default() }
    }

    /// Keys that know when they expire.
    pub(super) fn service(pool: SqlitePool) -> Self {
        Self { pool, table: Table::Service, unreadable: Unreadable::default() }
    }

    async fn insert(&self, key: &StoredKey) -> Result<(), sqlx::Error> {
        let (statement, time) = match self.table {
            Table::Signing { .. } => (ADD_SIGNING, key.created_at),
            Table::Service => (ADD_SERVICE, key.published_until),
        };
        sqlx::query(statement).bind(&key.kid).bind(&key.jwk).bind(seconds(time)).execute(&self.pool).await.map(drop)
    }

    async fn list(&self, now: u64) -> Result<Vec<StoredKey>, sqlx::Error> {
        let query = match self.table {
            Table::Signing { retention } => sqlx::query(LIST_SIGNING).bind(retention),
            Table::Service => sqlx::query(LIST_SERVICE),
        };
        let rows = query.fetch_all(&self.pool).await?;
        // A time that nobody can read is NULL, and such a key is none.
        let (good, bad): (Vec<_>, Vec<_>) = rows.iter().partition(|row| stored(row).is_ok());
        self.unreadable.tell(bad.into_iter().map(|row| row.try_get(0).unwrap_or_default()));
        let all: Vec<_> = good.into_iter().flat_map(stored).collect();
        if all.iter().any(|key| key.published_until < now) {
            self.delete_expired(now).await;
        }
        Ok(all.into_iter().filter(|key| key.published_until > now).collect())
    }

    /// Tidies up. That this fails keeps nobody from reading.
    async fn delete_expired(&self, now: u64) {
        tracing::info!("removing expired public keys");
        let query = match self.table {
            Table::Signing { retention } => sqlx::query(DELETE_SIGNING).bind(seconds(now)).bind(retention),
            Table::Service => sqlx::query(DELETE_SERVICE).bind(seconds(now)),
        };
        if let Err(error) = query.execute(&self.pool).await {
            tracing::warn!(%error, "expired public keys cannot be removed");
        }
    }
}

fn stored(row: &SqliteRow) -> Result<StoredKey, sqlx::Error> {
    let time = |column: usize| row.try_get::<i64, _>(column).map(|seconds| u64::try_from(seconds).unwrap_or_default());
    Ok(StoredKey { kid: row.try_get(0)?, jwk: row.try_get(1)?, created_at: time(2)?, published_until: time(3)? })
}

fn seconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

impl KeyStore for SqliteKeys {
    fn add<'a>(&'a self, key: &'a StoredKey) -> BoxFuture<'a, Result<(), KeyStoreError>> {
        Box::pin(async move { self.insert(key).await.map_err(|error| KeyStoreError(error.to_string())) })
    }

    fn published(&self, now: u64) -> BoxFuture<'_, Result<Vec<StoredKey>, KeyStoreError>> {
        Box::pin(async move { self.list(now).await.map_err(|error| KeyStoreError(error.to_string())) })
    }
}
