//! Looks for changes at a steady pace. Polling works everywhere: on network mounts, in containers, and through links that are turned.

use std::{
    collections::HashSet,
    io,
    sync::{Arc, Weak, mpsc},
    thread,
    time::Duration,
};

use super::{FileCatalog, Refresh};

/// Keeps a catalog up to date as long as it lives. Dropping it stops the thread; a reading that has begun may still end.
#[derive(Debug)]
#[must_use = "the catalog is watched only as long as this lives"]
pub struct Watch {
    _alive: mpsc::Sender<()>,
}

impl FileCatalog {
    /// Reads the files again when they change; looks every `interval`, on a thread of its own. Fails if the system gives no thread.
    pub fn watch(self: &Arc<Self>, interval: Duration) -> io::Result<Watch> {
        let (alive, dropped) = mpsc::channel();
        let mut watcher = Watcher { catalog: Arc::downgrade(self), logged: None };
        thread::Builder::new()
            .name("catalog".into())
            .spawn(move || while dropped.recv_timeout(interval) == Err(mpsc::RecvTimeoutError::Timeout) && watcher.look() {})?;
        Ok(Watch { _alive: alive })
    }
}

struct Watcher {
    /// Weak: to be watched keeps no catalog alive.
    catalog: Weak<FileCatalog>,
    /// The failure that the log already knows.
    logged: Option<String>,
}

impl Watcher {
    /// Looks once. False: there is nothing left to watch.
    fn look(&mut self) -> bool {
        let Some(catalog) = self.catalog.upgrade() else { return false };
        let before = catalog.current.load_full();
        match catalog.refresh() {
            Refresh::Unchanged | Refresh::Unsettled => {}
            Refresh::Replaced => {
                self.logged = None;
                tracing::info!(users = catalog.users(), groups = catalog.groups(), "catalog read again");
                let known: HashSet<&String> = before.warnings.iter().collect();
                for warning in catalog.warnings().iter().filter(|warning| !known.contains(warning)) {
                    tracing::warn!("{warning}");
                }
            }
            Refresh::Failed(error) => {
                let error = error.to_string();
                if self.logged.as_ref() != Some(&error) {
                    tracing::error!("the catalog has changed and cannot be taken; the last good one stays: {error}");
                    self.logged = Some(error);
                }
            }
        }
        true
    }
}
