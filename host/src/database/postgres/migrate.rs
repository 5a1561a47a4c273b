//! Makes missing tables, in one transaction each for service keys and the rest. Two replicas that start on an empty database wait for each other, and so does
//! a Backstage that starts meanwhile: it respects the same lock table of Knex.

use std::time::{Duration, Instant};

use sqlx::{
    AssertSqlSafe, Connection, Row,
    postgres::{PgConnection, PgRow},
};

use crate::{
    config::PostgresConfig,
    database::migrations::{MigrationError, MigrationSet, SETS},
};

use super::{acting, connect::has_code, name, scope};

/// The key of our advisory lock: the letters "stagedoo".
const ADVISORY_LOCK: i64 = 0x7374_6167_6564_6f6f;
/// How long a migration of somebody else is waited for.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it is looked at.
const PAUSE: Duration = Duration::from_millis(250);
/// How long a statement may take meanwhile.
const STATEMENT: Duration = Duration::from_secs(20);
/// `unique_violation`, `duplicate_table`, `deadlock_detected`: Backstage was making the same table.
const COLLIDED: [&str; 3] = ["23505", "42P07", "40P01"];

/// Makes the tables that are missing.
pub(super) async fn prepare(connection: &mut PgConnection, config: &PostgresConfig, migrate: bool) -> Result<(), MigrationError> {
    let scope = scope(config, STATEMENT);
    for set in &SETS {
        let Some(table) = unusable(connection, &scope, set).await? else { continue };
        if !migrate {
            return Err(MigrationError::Skipped { table });
        }
        patiently(connection, config, &scope, set).await?;
    }
    Ok(())
}

async fn patiently(connection: &mut PgConnection, config: &PostgresConfig, scope: &str, set: &MigrationSet) -> Result<(), MigrationError> {
    let started = Instant::now();
    loop {
        match make(connection, config, scope, set).await {
            Err(MigrationError::Locked { .. }) if started.elapsed() < PATIENCE => {}
            Err(MigrationError::Refused(error)) if has_code(&error, &COLLIDED) && started.elapsed() < PATIENCE => {}
            done => return done,
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The first table of the set that cannot be used.
async fn unusable(connection: &mut PgConnection, scope: &str, set: &MigrationSet) -> Result<Option<&'static str>, sqlx::Error> {
    let tables: Vec<_> = set.needs.iter().map(|(table, _)| format!("('{table}')")).collect();
    let sql = format!(
        "{scope} SELECT wanted.name, attname::text FROM (VALUES {}) AS wanted (name) JOIN pg_attribute ON attrelid = to_regclass(wanted.name) \
         WHERE attnum > 0 AND NOT attisdropped",
        tables.join(", ")
    );
    let rows = run(connection, sql).await?;
    let columns: Vec<(String, String)> = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, sqlx::Error>>()?;
    Ok(set.unusable(|table| columns.iter().filter(|(of, _)| of == table).map(|(_, column)| column.clone()).collect()))
}

async fn make(connection: &mut PgConnection, config: &PostgresConfig, scope: &str, set: &MigrationSet) -> Result<(), MigrationError> {
    let mut transaction = connection.begin().await?;
    // The schema may be missing yet.
    let acting = acting(config, STATEMENT);
    run(&mut transaction, format!("{acting} SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")).await?;
    if let Some(schema) = config.schema.as_ref().filter(|_| config.ensure_schema) {
        let owner = config.role.as_ref().map_or(String::new(), |role| format!(" AUTHORIZATION {}", name(role)));
        run(&mut transaction, format!("CREATE SCHEMA IF NOT EXISTS {}{owner}", name(schema))).await?;
    }
    // Somebody may have made them while we waited.
    let Some(table) = unusable(&mut transaction, scope, set).await? else {
        transaction.commit().await?;
        return Ok(());
    };
    let (records, lock) = (set.records, set.lock());
    let knex = format!(
        "CREATE TABLE IF NOT EXISTS {records} (id serial PRIMARY KEY, name varchar(255), batch integer, migration_time timestamptz);
         CREATE TABLE IF NOT EXISTS {lock} (index serial PRIMARY KEY, is_locked integer);
         INSERT INTO {lock} (is_locked) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM {lock});"
    );
    run(&mut transaction, knex).await?;
    if !run(&mut transaction, format!("SELECT 1 FROM {records} LIMIT 1")).await?.is_empty() {
        return Err(MigrationError::Outdated { table });
    }
    if run(&mut transaction, format!("UPDATE {lock} SET is_locked = 1 WHERE is_locked = 0 RETURNING 1")).await?.is_empty() {
        return Err(MigrationError::Locked { lock });
    }
    run(&mut transaction, set.postgres.to_owned()).await?;
    run(&mut transaction, set.record("CURRENT_TIMESTAMP")).await?;
    run(&mut transaction, format!("UPDATE {lock} SET is_locked = 0")).await?;
    transaction.commit().await?;
    tracing::info!(records, "made the tables that Backstage's migrations make");
    Ok(())
}

/// Runs SQL that is made of our own constants and quoted names alone.
async fn run(connection: &mut PgConnection, sql: String) -> Result<Vec<PgRow>, sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await
}
