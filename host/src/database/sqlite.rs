//! Tables in a SQLite file, over one connection: SQLite lets one write at a time anyway.

mod keys;
mod user_info;

use std::{path::Path, time::Duration};

use sqlx::{
    AssertSqlSafe, Row,
    sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
};

use self::{keys::SqliteKeys, user_info::SqliteUserInfo};

use super::{
    error::{DatabaseError, DatabaseProblem},
    migrations::{MigrationError, MigrationSet, SETS},
};

/// How long somebody waits for the file: for others in this process, and for other processes.
const PATIENCE: Duration = Duration::from_secs(2);

/// An open file with tables in it.
pub(super) struct Sqlite {
    pool: SqlitePool,
}

impl Sqlite {
    /// Opens the file, or makes it with the directory that it is in, and makes the tables that are missing if `migrate` says so.
    pub(super) async fn open(path: &Path, migrate: bool) -> Result<Self, DatabaseError> {
        Self::open_file(path, migrate).await.map_err(|problem| DatabaseError { place: format!("the file {}", path.display()), problem })
    }

    async fn open_file(path: &Path, migrate: bool) -> Result<Self, DatabaseProblem> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(|error| DatabaseProblem::File(error.to_string()))?;
        }
        let options =
            SqliteConnectOptions::new().filename(path).create_if_missing(true).synchronous(SqliteSynchronous::Normal).busy_timeout(PATIENCE);
        let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(PATIENCE).idle_timeout(None).max_lifetime(None);
        let pool = pool.connect_with(options).await.map_err(|error| DatabaseProblem::File(error.to_string()))?;
        let mut connection = pool.acquire().await.map_err(MigrationError::from)?;
        prepare(&mut connection, migrate).await?;
        drop(connection);
        Ok(Self { pool })
    }

    pub(super) fn signing_keys(&self, retention: u64) -> SqliteKeys {
        SqliteKeys::signing(self.pool.clone(), retention)
    }

    pub(super) fn service_keys(&self) -> SqliteKeys {
        SqliteKeys::service(self.pool.clone())
    }

    pub(super) fn user_info(&self) -> SqliteUserInfo {
        SqliteUserInfo(self.pool.clone())
    }
}

async fn prepare(connection: &mut SqliteConnection, migrate: bool) -> Result<(), MigrationError> {
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master").fetch_one(&mut *connection).await?;
    if tables == 0 && migrate {
        // A file of our own: commits that do not wait for the disk, as each would otherwise. It stays so; a file that was there stays as it is.
        let switched = sqlx::raw_sql("PRAGMA journal_mode = WAL").execute(&mut *connection).await;
        if let Err(error) = switched {
            tracing::debug!(%error, "another process is making the same file");
        }
    }
    for set in &SETS {
        let Some(table) = unusable(connection, set).await? else { continue };
        if !migrate {
            return Err(MigrationError::Skipped { table });
        }
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        let made = make(connection, set).await;
        let end = if made.is_ok() { "COMMIT" } else { "ROLLBACK" };
        sqlx::raw_sql(end).execute(&mut *connection).await?;
        made?;
    }
    Ok(())
}

/// The first table of the set that cannot be used.
async fn unusable(connection: &mut SqliteConnection, set: &MigrationSet) -> Result<Option<&'static str>, sqlx::Error> {
    let columns = "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'";
    let rows = sqlx::query(columns).fetch_all(connection).await?;
    let columns: Vec<(String, String)> = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?;
    Ok(set.unusable(|table| columns.iter().filter(|(of, _)| of == table).map(|(_, column)| column.clone()).collect()))
}

/// Makes the tables inside of a transaction, and takes Knex's lock meanwhile.
async fn make(connection: &mut SqliteConnection, set: &MigrationSet) -> Result<(), MigrationError> {
    // Somebody may have made them while we waited.
    let Some(table) = unusable(connection, set).await? else { return Ok(()) };
    let (records, lock) = (set.records, set.lock());
    run(
        connection,
        format!(
            "CREATE TABLE IF NOT EXISTS `{records}` (`id` integer not null primary key autoincrement, `name` varchar(255), `batch` integer, `migration_time` datetime);
             CREATE TABLE IF NOT EXISTS `{lock}` (`index` integer not null primary key autoincrement, `is_locked` integer);
             INSERT INTO `{lock}` (`is_locked`) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM `{lock}`);"
        ),
    )
    .await?;
    let recorded: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {records}"))).fetch_one(&mut *connection).await?;
    if recorded > 0 {
        return Err(MigrationError::Outdated { table });
    }
    if run(connection, format!("UPDATE {lock} SET is_locked = 1 WHERE is_locked = 0")).await? == 0 {
        return Err(MigrationError::Locked { lock });
    }
    run(connection, set.sqlite.to_owned()).await?;
    run(connection, set.record("CAST(unixepoch('subsec') * 1000 AS integer)")).await?;
    run(connection, format!("UPDATE {lock} SET is_locked = 0")).await?;
    tracing::info!(records, "made the tables that Backstage's migrations make");
    Ok(())
}

/// Runs SQL that is made of our own constants alone, and says how many rows that changed.
async fn run(connection: &mut SqliteConnection, sql: String) -> Result<u64, sqlx::Error> {
    Ok(sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?.rows_affected())
}

#[cfg(test)]
mod tests;
