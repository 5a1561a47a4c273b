//! The catalog in files: users and groups in YAML, as Backstage reads them from `catalog.locations` of type `file`.
//!
//! Guarantees: a look-up takes no lock, costs the same with 1,000 users and with 100,000, and sees one edition of the files, whole. A changed
//! edition counts once two looks in a row have seen it, so that a file which is being written does not; while one is broken, or if nobody were
//! left, the last good edition stays. A writer who pauses between two looks is still caught half-way: replace files by renaming.

mod documents;
mod draft;
mod entity;
mod error;
mod index;
mod location;
mod part;
mod reader;
mod relations;
mod watch;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;

pub use self::{
    error::{CatalogLoadError, CatalogProblem},
    location::CatalogLocation,
    watch::Watch,
};
use self::{index::Index, location::Seen, reader::Reading};
use crate::{
    domain::{entity_ref::EntityRef, group::Group, group_filter::GroupFilter, query::UserQuery, user::User},
    ports::{
        BoxFuture,
        catalog::{Catalog, CatalogError},
    },
};

/// Users and groups of entity files.
#[derive(Debug)]
pub struct FileCatalog {
    locations: Vec<CatalogLocation>,
    working_directory: PathBuf,
    current: ArcSwap<Edition>,
    /// What the latest reading saw; held while reading, so that two readings never overtake each other.
    latest: Mutex<Latest>,
}

/// All files at one time.
#[derive(Debug)]
struct Edition {
    users: Index<User>,
    groups: Index<Group>,
    warnings: Vec<String>,
}

/// How the files looked when they were read.
#[derive(Debug)]
struct Look {
    seen: Vec<Seen>,
    /// The reading failed for a reason that no file need show when it goes away, such as a permission.
    again: bool,
}

#[derive(Debug)]
struct Latest {
    /// Of the reading that counts.
    look: Look,
    /// A newer reading, which counts if its files still look the same next time.
    next: Option<(Look, Result<Edition, CatalogLoadError>)>,
}

/// What became of a [`FileCatalog::refresh`].
#[derive(Debug, PartialEq, Eq)]
pub enum Refresh {
    /// The files are those of the latest reading; nothing was read.
    Unchanged,
    /// They have changed. What they hold counts if they look the same next time.
    Unsettled,
    /// They are served from now on.
    Replaced,
    /// They cannot be served; the last good edition is.
    Failed(CatalogLoadError),
}

impl FileCatalog {
    /// Reads all locations. Every problem is reported, not only the first.
    ///
    /// A target is relative to the working directory, as in Backstage, or else to the directory of the file that names it.
    pub fn load(locations: Vec<CatalogLocation>, working_directory: PathBuf) -> Result<Self, CatalogLoadError> {
        let (look, edition) = read(&locations, &working_directory);
        let latest = Mutex::new(Latest { look, next: None });
        Ok(Self { locations, working_directory, current: ArcSwap::from_pointee(edition?), latest })
    }

    /// These entities and no file; what would be left out of files is an error here, one text each.
    pub fn of_entities(entities: Vec<serde_json::Value>) -> Result<Self, Vec<String>> {
        let Reading { users, groups, warnings, .. } = reader::of_entities(entities);
        if !warnings.is_empty() {
            return Err(warnings);
        }
        let current = ArcSwap::from_pointee(Edition { users: Index::new(users), groups: Index::new(groups), warnings });
        let latest = Mutex::new(Latest { look: Look { seen: Vec::new(), again: false }, next: None });
        Ok(Self { locations: Vec::new(), working_directory: PathBuf::new(), current, latest })
    }

    /// How many users can be found.
    pub fn users(&self) -> usize {
        self.current.load().users.len()
    }

    /// How many groups the files hold.
    pub fn groups(&self) -> usize {
        self.current.load().groups.len()
    }

    /// What was left out or looks like a mistake: one sentence each, with the file and what to do.
    pub fn warnings(&self) -> Vec<String> {
        self.current.load().warnings.clone()
    }

    /// The one user that matches, without waiting: everything is in memory.
    pub fn find(&self, query: &UserQuery) -> Result<Option<Arc<User>>, CatalogError> {
        self.current.load().users.find(query)
    }

    /// The groups with these refs, in their order, without waiting.
    pub fn groups_of(&self, refs: &[EntityRef]) -> Vec<Option<Arc<Group>>> {
        let current = self.current.load();
        refs.iter().map(|name| current.groups.get(name)).collect()
    }

    /// Reads the files again if one has changed, come or gone. What was read counts from the next call on, if no file has changed meanwhile.
    pub fn refresh(&self) -> Refresh {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((look, edition)) = latest.next.take_if(|(look, _)| look.is_current()) {
            latest.look = look;
            return edition.and_then(|edition| self.replace(edition)).map_or_else(Refresh::Failed, |()| Refresh::Replaced);
        }
        latest.next = None;
        if !latest.look.again && latest.look.is_current() {
            return Refresh::Unchanged;
        }
        latest.next = Some(read(&self.locations, &self.working_directory));
        Refresh::Unsettled
    }

    /// Serves another edition, unless it would shut everybody out: files that are suddenly empty are a mistake more often than a wish.
    fn replace(&self, edition: Edition) -> Result<(), CatalogLoadError> {
        let served = self.users();
        if served > 0 && edition.users.len() == 0 {
            return Err(CatalogLoadError(vec![CatalogProblem::Emptied(served)]));
        }
        self.current.store(Arc::new(edition));
        Ok(())
    }
}

impl Look {
    /// Whether the files still look like this.
    fn is_current(&self) -> bool {
        self.seen.iter().all(Seen::is_current)
    }
}

fn read(locations: &[CatalogLocation], working_directory: &Path) -> (Look, Result<Edition, CatalogLoadError>) {
    let Reading { users, groups, warnings, problems, seen } = reader::read(locations, working_directory);
    let look = Look { seen, again: problems.iter().any(CatalogProblem::may_pass_unseen) };
    let edition = if problems.is_empty() {
        Ok(Edition { users: Index::new(users), groups: Index::new(groups), warnings })
    } else {
        Err(CatalogLoadError(problems))
    };
    (look, edition)
}

impl Catalog for FileCatalog {
    fn find_user<'a>(&'a self, query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>> {
        Box::pin(std::future::ready(self.find(query)))
    }

    fn groups<'a>(&'a self, refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        Box::pin(std::future::ready(Ok(self.groups_of(refs))))
    }

    fn find_groups<'a>(&'a self, filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>> {
        Box::pin(std::future::ready(self.current.load().groups.find_groups(filter)))
    }
}

#[cfg(test)]
mod tests;
