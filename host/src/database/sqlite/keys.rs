//! Public keys in SQLite: those of user tokens by when they were made, those of service tokens by when they expire.

use sqlx::{Row, sqlite::SqlitePool};

use crate::ports::{
    BoxFuture,
    key_store::{KeyStore, KeyStoreError, StoredKey},
};

/// Which table, with its statements. Each takes kid, JWK, creation and expiry, or the present time and the retention.
struct Table {
    add: &'static str,
    list: &'static str,
    delete: &'static str,
}

/// Knows the creation and adds the retention to it.
const SIGNING: Table = Table {
    add: "INSERT INTO signing_keys (kid, key, created_at) SELECT ?1, ?2, datetime(?3, 'unixepoch') WHERE ?4 IS NOT NULL",
    list: "SELECT kid, key, CAST(strftime('%s', created_at) AS integer), CAST(strftime('%s', created_at) AS integer) + ?2 FROM signing_keys \
           WHERE ?1 IS NOT NULL ORDER BY created_at, rowid",
    delete: "DELETE FROM signing_keys WHERE CAST(strftime('%s', created_at) AS integer) + ?2 < ?1",
};

/// Knows the expiry, which says what came first.
const SERVICE: Table = Table {
    add: "INSERT INTO backstage_backend_public_keys__keys (id, key, expires_at) SELECT ?1, ?2, strftime('%Y-%m-%dT%H:%M:%fZ', ?4, 'unixepoch') \
          WHERE ?3 IS NOT NULL",
    list: "SELECT id, key, 0, CAST(strftime('%s', expires_at) AS integer) FROM backstage_backend_public_keys__keys \
           WHERE ?1 IS NOT NULL AND ?2 IS NOT NULL ORDER BY expires_at, rowid",
    delete: "DELETE FROM backstage_backend_public_keys__keys WHERE CAST(strftime('%s', expires_at) AS integer) + ?2 < ?1",
};

/// One of the two tables.
pub(in crate::database) struct SqliteKeys {
    pool: SqlitePool,
    table: &'static Table,
    retention: i64,
}

impl SqliteKeys {
    /// Keys that are published for so many seconds.
    pub(super) fn signing(pool: SqlitePool, retention: u64) -> Self {
        Self { pool, table: &SIGNING, retention: seconds(retention) }
    }

    /// Keys that know when they expire.
    pub(super) fn service(pool: SqlitePool) -> Self {
        Self { pool, table: &SERVICE, retention: 0 }
    }

    async fn insert(&self, key: &StoredKey) -> Result<(), sqlx::Error> {
        let query = sqlx::query(self.table.add).bind(&key.kid).bind(&key.jwk).bind(seconds(key.created_at)).bind(seconds(key.published_until));
        query.execute(&self.pool).await?;
        Ok(())
    }

    async fn list(&self, now: u64) -> Result<Vec<StoredKey>, sqlx::Error> {
        let rows = sqlx::query(self.table.list).bind(seconds(now)).bind(self.retention).fetch_all(&self.pool).await?;
        // A time that nobody can read is NULL, and such a key is none.
        let all: Vec<_> = rows.iter().filter_map(|row| stored(row).ok()).collect();
        let expired = all.iter().filter(|key| key.published_until < now).count();
        if expired > 0 {
            tracing::info!(expired, "removing expired public keys");
            sqlx::query(self.table.delete).bind(seconds(now)).bind(self.retention).execute(&self.pool).await?;
        }
        Ok(all.into_iter().filter(|key| key.published_until > now).collect())
    }
}

fn stored(row: &sqlx::sqlite::SqliteRow) -> Result<StoredKey, sqlx::Error> {
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
