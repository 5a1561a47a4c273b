//! Why a table cannot be used, in words for whoever wrote it.

use std::{fmt, path::PathBuf};

use super::read::Malformed;
use crate::{
    config::{Origin, TableConfig},
    outbound::HttpError,
};

/// Everything that is wrong with the tables at a start; never empty.
#[derive(Debug)]
pub struct TablesError(pub Vec<TableError>);

/// A table that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: {path}: {problem}")]
pub struct TableError {
    /// The file that configures it.
    pub origin: Origin,
    /// Where it stands there: `stagedoor.tables.roles`.
    pub path: String,
    /// What is wrong.
    pub problem: TableProblem,
}

/// What is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableProblem {
    /// There is no such file.
    #[error("{} does not exist", .0.display())]
    Missing(PathBuf),
    /// It is there but cannot be read.
    #[error("{}: cannot be read: {reason}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// It is larger than it may be.
    #[error("it is larger than the {0} bytes of its maxSize")]
    TooLarge(usize),
    /// What stands there is no table.
    #[error("{}: {what}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What is wrong with it.
        what: Malformed,
    },
    /// The URL did not answer. It is not named: it may hold a password.
    #[error("the URL cannot be asked: {0}")]
    Unreachable(String),
    /// The URL answered with another status than 200.
    #[error("the URL answers with the status {0}")]
    Status(u16),
    /// What the URL answers is no table.
    #[error("what the URL answers is no table: {0}")]
    Answer(Malformed),
}

impl TableProblem {
    /// Whether it may go away without the file looking different.
    pub(super) fn may_pass_unseen(&self) -> bool {
        matches!(self, Self::Unreadable { .. })
    }
}

impl TableError {
    pub(super) fn new(config: &TableConfig, problem: TableProblem) -> Self {
        Self { origin: config.origin.clone(), path: config.path.clone(), problem }
    }
}

impl From<HttpError> for TableProblem {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::BodyTooLarge(most) => Self::TooLarge(most),
            other => Self::Unreachable(other.to_string()),
        }
    }
}

impl std::error::Error for TablesError {}

/// One problem a line.
impl fmt::Display for TablesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, error) in self.0.iter().enumerate() {
            let separator = if nth == 0 { "" } else { "\n" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}
