//! Why the files of a catalog could not be served.

use std::{fmt, path::PathBuf};

/// Everything that was wrong in one reading; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogLoadError(pub Vec<CatalogProblem>);

/// One thing that was wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogProblem {
    /// A target without wildcards leads nowhere.
    #[error("{named_by}: the catalog file {target} does not exist; looked for {}", list(looked_for))]
    Missing {
        /// As written.
        target: String,
        /// The place that names it.
        named_by: String,
        /// Where it was looked for.
        looked_for: Vec<PathBuf>,
    },
    /// A target with wildcards that mean nothing.
    #[error("{named_by}: the catalog target {target} is not a pattern of files: {reason}")]
    Pattern {
        /// As written.
        target: String,
        /// The place that names it.
        named_by: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A file or directory is there but cannot be read.
    #[error("{}: cannot be read: {reason}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A file is not a stream of YAML documents.
    #[error("{}: {reason}", file.display())]
    Yaml {
        /// Which.
        file: PathBuf,
        /// What the parser says, with the line.
        reason: String,
    },
    /// More users or groups than a catalog in files can number.
    #[error("the catalog holds {users} users and {groups} groups; a catalog in files can hold {most} of each", most = super::index::MOST_ENTITIES)]
    TooMany {
        /// How many users.
        users: usize,
        /// How many groups.
        groups: usize,
    },
    /// The files hold no user any more, and those of the last good edition can still sign in.
    #[error(
        "no file of the catalog holds a user any more, and {0} can sign in: put the users back; if nobody is to sign in any more, restart stagedoor"
    )]
    Emptied(usize),
}

impl CatalogProblem {
    /// Whether it may go away without any file looking different.
    pub(super) fn may_pass_unseen(&self) -> bool {
        matches!(self, Self::Unreadable { .. })
    }
}

impl std::error::Error for CatalogLoadError {}

/// One problem a line.
impl fmt::Display for CatalogLoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, problem) in self.0.iter().enumerate() {
            let separator = if nth == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and ")
}
