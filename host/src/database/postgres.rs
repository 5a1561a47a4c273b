//! Tables in PostgreSQL.
//!
//! Each access is one batch of the simple query protocol, which PostgreSQL runs as one transaction: one round trip, and nothing of it stays behind in the
//! session. That is what a pooler in transaction mode (pgbouncer) needs, where each transaction may get another session: prepared statements, search
//! paths, roles and session locks would be somebody else's. Such a batch has no parameters, so texts travel as hexadecimal digits, in which there is
//! nothing to escape.

mod connect;
mod keys;
mod migrate;
mod user_info;

use std::{fmt::Write, sync::Arc, time::Duration};

use sqlx::{
    AssertSqlSafe, Connection,
    postgres::{PgPool, PgPoolOptions, PgRow},
};

use crate::config::PostgresConfig;

use self::{keys::PostgresKeys, user_info::PostgresUserInfo};

use super::error::{DatabaseError, DatabaseProblem};

/// How long somebody waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(1);
/// How long a statement may take in the server.
const STATEMENT: Duration = Duration::from_millis(1500);
/// How long a batch may take altogether, should the server not even say that it took too long.
const BATCH: Duration = Duration::from_secs(3);
/// A connection that rested for longer is tried before it is used.
const RESTED: Duration = Duration::from_millis(500);

/// A pool of connections to a database with tables in it. Cheap to clone.
#[derive(Clone)]
pub(super) struct Postgres {
    pool: PgPool,
    /// What each batch begins with.
    scope: Arc<str>,
}

impl Postgres {
    /// Connects, makes the database if it is missing and the tables that are missing if `migrate` says so.
    pub(super) async fn open(config: &PostgresConfig, migrate: bool) -> Result<Self, DatabaseError> {
        Self::open_database(config, migrate).await.map_err(|problem| DatabaseError { place: config.to_string(), problem })
    }

    async fn open_database(config: &PostgresConfig, migrate: bool) -> Result<Self, DatabaseProblem> {
        connect::check_environment()?;
        let options = connect::options(config);
        let mut connection = connect::connect(config, &options).await?;
        migrate::prepare(&mut connection, config, migrate).await?;
        // The work is done: whether the goodbye arrives does not matter.
        let _ = connection.close().await;
        let pool = PgPoolOptions::new()
            .min_connections(config.least_connections)
            .max_connections(config.most_connections)
            .acquire_timeout(ACQUIRE)
            .test_before_acquire(false)
            .before_acquire(|connection, about| {
                Box::pin(async move { if about.idle_for > RESTED { connection.ping().await.map(|()| true) } else { Ok(true) } })
            });
        Ok(Self { pool: pool.connect_lazy_with(options), scope: scope(config, STATEMENT).into() })
    }

    /// Connects and goes again. A database that is missing and may be made is fine.
    pub(super) async fn probe(config: &PostgresConfig) -> Result<(), DatabaseError> {
        let failed = |problem| DatabaseError { place: config.to_string(), problem };
        connect::check_environment().map_err(failed)?;
        let connection = connect::existing(config, &connect::options(config)).await.map_err(failed)?;
        if let Some(connection) = connection {
            let _ = connection.close().await;
        }
        Ok(())
    }

    /// Runs one statement that is made of constants, numbers and [`text`]s.
    async fn run(&self, statement: &str) -> Result<Vec<PgRow>, sqlx::Error> {
        let batch = format!("{}{statement}", self.scope);
        let rows = sqlx::raw_sql(AssertSqlSafe(batch)).fetch_all(&self.pool);
        tokio::time::timeout(BATCH, rows).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
    }

    pub(super) fn signing_keys(&self, retention: u64) -> PostgresKeys {
        PostgresKeys::signing(self.clone(), retention)
    }

    pub(super) fn service_keys(&self) -> PostgresKeys {
        PostgresKeys::service(self.clone())
    }

    pub(super) fn user_info(&self) -> PostgresUserInfo {
        PostgresUserInfo(self.clone())
    }
}

/// The role and the patience of one transaction.
fn acting(config: &PostgresConfig, statement: Duration) -> String {
    let role = config.role.as_ref().map_or(String::new(), |role| format!("SET LOCAL ROLE {};", name(role)));
    format!("SET LOCAL statement_timeout = {};{role}", statement.as_millis())
}

/// The same, and the schema that its tables are in.
fn scope(config: &PostgresConfig, statement: Duration) -> String {
    let mut scope = acting(config, statement);
    if let Some(schema) = &config.schema {
        let _ = write!(scope, "SET LOCAL search_path TO {};", name(schema));
    }
    scope
}

/// A name as SQL.
fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as SQL, whatever it holds.
fn text(text: &str) -> String {
    let mut sql = String::with_capacity(text.len() * 2 + 48);
    sql.push_str("convert_from(decode('");
    for byte in text.bytes() {
        let _ = write!(sql, "{byte:02x}");
    }
    sql.push_str("','hex'),'UTF8')");
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_gets_out_of_its_quotes() {
        assert_eq!(text("a'; DROP"), "convert_from(decode('61273b2044524f50','hex'),'UTF8')");
        assert_eq!(name(r#"a"b"#), r#""a""b""#);
    }
}
