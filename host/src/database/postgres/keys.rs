//! Public keys in PostgreSQL: those of user tokens by when they were made, those of service tokens by when they expire.

use sqlx::{Row, postgres::PgRow};

use crate::{
    database::unreadable::Unreadable,
    domain::date::IsoDate,
    ports::{
        BoxFuture,
        key_store::{KeyStore, KeyStoreError, StoredKey},
    },
};

use super::{Postgres, text};

/// One of the two tables.
pub(in crate::database) struct PostgresKeys {
    postgres: Postgres,
    table: Table,
    unreadable: Unreadable,
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
        Self { postgres, table: Table::Signing { retention }, unreadable: Unreadable::default() }
    }

    /// Keys that know when they expire.
    pub(super) fn service(postgres: Postgres) -> Self {
        Self { postgres, table: Table::Service, unreadable: Unreadable::default() }
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
        // Times come as text: one that PostgreSQL cannot cast would take all the others with it.
        let statement = match self.table {
            Table::Signing { .. } => {
                "SELECT kid, key, CASE WHEN isfinite(created_at) THEN extract(epoch FROM created_at)::bigint::text ELSE created_at::text END \
                 FROM signing_keys ORDER BY created_at, kid"
            }
            Table::Service => "SELECT id, key, expires_at FROM backstage_backend_public_keys__keys ORDER BY expires_at, id",
        };
        let rows = self.postgres.run(statement).await?;
        let (good, bad): (Vec<_>, Vec<_>) = rows.iter().map(|row| self.stored(row)).partition(Result::is_ok);
        self.unreadable.tell(bad.into_iter().filter_map(Result::err));
        let (published, expired): (Vec<_>, Vec<_>) = good.into_iter().flatten().partition(|key| key.published_until > now);
        if !expired.is_empty() {
            self.delete(&expired).await;
        }
        Ok(published)
    }

    /// The key in this row, or the id of one that is none.
    fn stored(&self, row: &PgRow) -> Result<StoredKey, String> {
        let column = |nth| row.try_get::<String, _>(nth).ok();
        let kid = column(0).ok_or_else(String::new)?;
        let (jwk, time) = column(1).zip(column(2)).ok_or_else(|| kid.clone())?;
        let times = match self.table {
            Table::Signing { retention } => time.parse().ok().map(|created: u64| (created, created.saturating_add(retention))),
            Table::Service => IsoDate::parse(&time).map(|IsoDate(until)| (0, until)),
        };
        let (created_at, published_until) = times.ok_or_else(|| kid.clone())?;
        Ok(StoredKey { kid, jwk, created_at, published_until })
    }

    /// Tidies up. That this fails, for want of a permission perhaps, keeps nobody from reading.
    async fn delete(&self, expired: &[StoredKey]) {
        tracing::info!("removing expired public keys");
        let (table, id) = match self.table {
            Table::Signing { .. } => ("signing_keys", "kid"),
            Table::Service => ("backstage_backend_public_keys__keys", "id"),
        };
        let ids: Vec<_> = expired.iter().map(|key| text(&key.kid)).collect();
        if let Err(error) = self.postgres.run(&format!("DELETE FROM {table} WHERE {id} IN ({})", ids.join(", "))).await {
            tracing::warn!(%error, "expired public keys cannot be removed");
        }
    }
}

impl KeyStore for PostgresKeys {
    fn add<'a>(&'a self, key: &'a StoredKey) -> BoxFuture<'a, Result<(), KeyStoreError>> {
        Box::pin(async move { self.insert(key).await.map_err(|error| KeyStoreError(error.to_string())) })
    }

    fn published(&self, now: u64) -> BoxFuture<'_, Result<Vec<StoredKey>, KeyStoreError>> {
        Box::pin(async move { self.list(now).await.map_err(|error| KeyStoreError(error.to_string())) })
    }
}
