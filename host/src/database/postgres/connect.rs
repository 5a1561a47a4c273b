//! Connecting for the first time: the options, and the database made where it is missing.

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection,
    postgres::{PgConnectOptions, PgConnection, PgSslMode},
};

use crate::{
    config::{PostgresConfig, Secret},
    database::error::DatabaseProblem,
};

use super::name;

/// How long a start waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// `invalid_catalog_name`: there is no such database.
const NO_SUCH_DATABASE: &str = "3D000";
/// `duplicate_database` and `unique_violation`: somebody else made it meanwhile.
const MADE_MEANWHILE: [&str; 2] = ["42P04", "23505"];

/// What the driver takes from the environment and nothing takes back: settings of the session, and whom to believe and who we are over TLS.
const READ_BY_THE_DRIVER: [&str; 4] = ["PGOPTIONS", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY"];

/// Refuses what would reach the connection past the configuration.
pub(super) fn check_environment() -> Result<(), DatabaseProblem> {
    let set = READ_BY_THE_DRIVER.into_iter().find(|name| std::env::var_os(name).is_some());
    set.map_or(Ok(()), |name| Err(DatabaseProblem::Environment(name)))
}

/// Everything but what is found out at run time. Statements are not logged, since they hold what users own.
pub(super) fn options(config: &PostgresConfig) -> PgConnectOptions {
    let mut options = PgConnectOptions::new_without_pgpass()
        .host(&config.host)
        .port(config.port)
        .username(&config.user)
        // Also where there is none: otherwise the environment would be asked.
        .password(config.password.as_ref().map_or("", Secret::expose))
        .database(&config.database)
        .application_name(&config.application_name)
        .statement_cache_capacity(0)
        // A parameter that pgbouncer refuses.
        .extra_float_digits(None)
        .ssl_mode(PgSslMode::Disable)
        .disable_statement_logging();
    if let Some(tls) = &config.tls {
        options = options.ssl_mode(if tls.verify { PgSslMode::VerifyFull } else { PgSslMode::Require });
        if let Some(ca) = &tls.ca {
            options = options.ssl_root_cert_from_pem(ca.clone().into_bytes());
        }
        if let Some((cert, key)) = &tls.client {
            options = options.ssl_client_cert_from_pem(cert).ssl_client_key_from_pem(key.expose());
        }
    }
    options
}

/// A connection of its own, to a database that is made if it is missing and may be made.
pub(super) async fn connect(config: &PostgresConfig, options: &PgConnectOptions) -> Result<PgConnection, DatabaseProblem> {
    if let Some(connection) = existing(config, options).await? {
        return Ok(connection);
    }
    create(config, options).await?;
    within(PgConnection::connect_with(options)).await
}

/// A connection of its own; `None` if the database is missing and may be made.
pub(super) async fn existing(config: &PostgresConfig, options: &PgConnectOptions) -> Result<Option<PgConnection>, DatabaseProblem> {
    match within(PgConnection::connect_with(options)).await {
        Err(DatabaseProblem::Connect(error)) if config.ensure_database && has_code(&error, &[NO_SUCH_DATABASE]) => Ok(None),
        connected => connected.map(Some),
    }
}

async fn create(config: &PostgresConfig, options: &PgConnectOptions) -> Result<(), DatabaseProblem> {
    let mut admin = within(PgConnection::connect_with(&options.clone().database("postgres"))).await?;
    if let Some(role) = &config.role {
        within(sqlx::raw_sql(AssertSqlSafe(format!("SET ROLE {}", name(role)))).execute(&mut admin)).await?;
    }
    let created = within(sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {}", name(&config.database)))).execute(&mut admin)).await;
    // The connection ends with its role, also where a pooler would hand it on.
    let _ = sqlx::raw_sql("RESET ROLE").execute(&mut admin).await;
    let _ = admin.close().await;
    match created {
        Err(DatabaseProblem::Connect(error)) if has_code(&error, &MADE_MEANWHILE) => Ok(()),
        Err(problem) => Err(problem),
        Ok(_) => {
            tracing::info!(database = config.database, "made the database");
            Ok(())
        }
    }
}

/// Waits, but not for ever.
async fn within<T>(attempt: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, DatabaseProblem> {
    match tokio::time::timeout(PATIENCE, attempt).await {
        Ok(result) => result.map_err(DatabaseProblem::Connect),
        Err(_) => Err(DatabaseProblem::Silent(PATIENCE.as_secs())),
    }
}

/// Whether the server gave one of these codes.
pub(super) fn has_code(error: &sqlx::Error, codes: &[&str]) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| codes.contains(&code.as_ref()))
}
