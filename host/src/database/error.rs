//! Why a database cannot be used at start. No text holds a password, nor a URL with one.

use super::migrations::MigrationError;

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("backend.database: {place} cannot be used: {problem}")]
pub struct DatabaseError {
    /// Which database.
    pub place: String,
    /// Why.
    #[source]
    pub problem: DatabaseProblem,
}

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseProblem {
    /// Nobody answers, or not as a database should.
    #[error("{0}; see that it runs, that this host reaches it, and that user and password are right")]
    Connect(sqlx::Error),
    /// It did not answer in time.
    #[error("no answer within {0} s; see that it runs and that this host reaches it")]
    Silent(u64),
    /// A variable in the environment would change the connection.
    #[error(
        "{0} is set in the environment and would change the connection; unset it, and configure what it says in connection or for the role in the database"
    )]
    Environment(&'static str),
    /// The file cannot be opened or made.
    #[error("{0}; name a file that this user may create and write to")]
    File(String),
    /// The tables are not as they must be.
    #[error(transparent)]
    Tables(#[from] MigrationError),
}
