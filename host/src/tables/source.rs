//! Where a table comes from, and how a change there is noticed.

use std::time::Duration;

use super::{error::TableProblem, file::TableFile, table::Table, table_url::TableUrl};
use crate::config::{TableConfig, TableSource};

/// How often a file is looked at.
const FILE_POLL: Duration = Duration::from_secs(1);

/// One table's source.
pub(super) struct Source {
    name: String,
    place: Place,
}

enum Place {
    File(TableFile),
    Url(TableUrl),
}

/// What a look at a source gives: nothing new, another table, or why there is none.
pub(super) type Change = Result<Option<Table>, TableProblem>;

impl Source {
    /// Reads it for the first time.
    pub(super) async fn open(name: &str, config: &TableConfig) -> Result<(Self, Table), TableProblem> {
        let (place, table) = match &config.source {
            TableSource::File(path) => {
                let (file, table) = TableFile::open(path.clone(), config.format, config.max_size)?;
                (Place::File(file), table)
            }
            TableSource::Url { url, refresh, timeout } => {
                let (url, table) = TableUrl::open(url.clone(), config.format, *refresh, *timeout, config.max_size).await?;
                (Place::Url(url), table)
            }
        };
        Ok((Self { name: name.to_owned(), place }, table))
    }

    /// The name of the table.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How long to wait before the next look.
    pub(super) fn interval(&self) -> Duration {
        match &self.place {
            Place::File(_) => FILE_POLL,
            Place::Url(url) => url.refresh(),
        }
    }

    /// Looks once. `None` if the look itself broke.
    pub(super) async fn look(self) -> Option<(Self, Change)> {
        let Self { name, place } = self;
        let (place, change) = match place {
            Place::File(mut file) => {
                let looked = tokio::task::spawn_blocking(move || {
                    let change = file.look();
                    (Place::File(file), change)
                });
                looked.await.ok()?
            }
            Place::Url(mut url) => {
                let change = url.ask().await;
                (Place::Url(url), change)
            }
        };
        Some((Self { name, place }, change))
    }
}
