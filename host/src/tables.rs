//! The operator's tables, out of files and from URLs.
//!
//! Guarantees: a look-up takes no lock and asks no disk; a sign-in sees one edition of all tables, whole. A table that cannot be read or makes no
//! sense ends the start; later the last good one stays, and the log says so once.

mod error;
mod file;
mod read;
mod source;
mod table;
mod table_url;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;

use crate::{
    config::TableConfig,
    domain::log_text::log_text,
    ports::tables::{TableSnapshot, Tables},
};

pub use self::error::{TableError, TableProblem, TablesError};
use self::{source::Source, table::Table};

/// Tables that change by themselves.
pub struct LiveTables {
    current: ArcSwap<Edition>,
    /// What is not yet kept up to date; taken by [`LiveTables::tend`].
    sources: Mutex<Vec<Source>>,
}

/// All tables at one time.
#[derive(Clone, Default)]
struct Edition(HashMap<String, Arc<Table>>);

impl LiveTables {
    /// Reads all tables. Every problem is reported, not only the first.
    pub async fn load(configured: &BTreeMap<String, TableConfig>) -> Result<Self, TablesError> {
        let (mut edition, mut sources, mut errors) = (Edition::default(), Vec::new(), Vec::new());
        for (name, config) in configured {
            match Source::open(name, config).await {
                Ok((source, table)) => {
                    edition.0.insert(name.clone(), Arc::new(table));
                    sources.push(source);
                }
                Err(problem) => errors.push(TableError::new(config, problem)),
            }
        }
        if errors.is_empty() { Ok(Self { current: ArcSwap::from_pointee(edition), sources: Mutex::new(sources) }) } else { Err(TablesError(errors)) }
    }

    /// The names of all tables with their revisions and the number of their keys, in order.
    pub fn names(&self) -> Vec<(String, String, usize)> {
        let edition = self.current.load();
        let mut names: Vec<_> = edition.0.iter().map(|(name, table)| (name.clone(), table.revision().to_owned(), table.len())).collect();
        names.sort();
        names
    }

    /// Looks at each source now and then, until the server stops.
    pub fn tend(self: &Arc<Self>, stop: &CancellationToken) {
        let sources = std::mem::take(&mut *self.sources.lock().unwrap_or_else(PoisonError::into_inner));
        for source in sources {
            let (tables, stop) = (Arc::clone(self), stop.clone());
            tokio::spawn(async move {
                let name = source.name().to_owned();
                tokio::select! {
                    () = stop.cancelled() => {}
                    // It only comes back if something is broken beyond a table.
                    () = tables.follow(source) => tracing::error!("stagedoor.tables.{name} is not kept up to date any more; restart stagedoor"),
                }
            });
        }
    }

    async fn follow(&self, mut source: Source) {
        let mut logged = None;
        loop {
            tokio::time::sleep(source.interval()).await;
            let Some((same, change)) = source.look().await else { return };
            source = same;
            match change {
                Ok(None) => {}
                Ok(Some(table)) => {
                    logged = None;
                    tracing::info!(table = source.name(), revision = table.revision(), keys = table.len(), "table read again");
                    self.replace(source.name(), table);
                }
                Err(problem) => {
                    let problem = log_text(&problem.to_string());
                    if logged.as_ref() != Some(&problem) {
                        tracing::warn!("stagedoor.tables.{}: the last good table stays: {problem}", source.name());
                        logged = Some(problem);
                    }
                }
            }
        }
    }

    fn replace(&self, name: &str, table: Table) {
        let table = Arc::new(table);
        self.current.rcu(|current| {
            let mut edition = Edition::clone(current);
            edition.0.insert(name.to_owned(), Arc::clone(&table));
            edition
        });
    }
}

impl Tables for LiveTables {
    fn current(&self) -> Arc<dyn TableSnapshot> {
        self.current.load_full()
    }
}

impl TableSnapshot for Edition {
    fn look_up(&self, table: &str, key: &str) -> Option<&[String]> {
        self.0.get(table).map(|table| table.look_up(key))
    }

    fn revision(&self, table: &str) -> Option<&str> {
        self.0.get(table).map(|table| table.revision())
    }
}
