//! Groups, kept one by one: those who climb from different teams meet at the same departments.
//!
//! What counts for users counts here: nothing is kept for longer than its time, errors never are, and while the catalog is out, groups that it knew
//! a while ago are still served. It is simpler in two ways: calls for the same groups are not joined, and what a filter found is not served
//! once its time is over.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use moka::future::Cache;
use tokio::time::timeout;

use super::{
    CacheOptions, MAX_QUERY, PATIENCE, PAUSE, Shared,
    entry::{Entry, group_weight, groups_weight, since},
    figures::Counter,
};
use crate::{
    domain::{entity_ref::EntityRef, group::Group, group_filter::GroupFilter},
    ports::catalog::CatalogError,
};

/// The groups that are kept.
pub(super) struct Groups {
    by_ref: Cache<EntityRef, Entry<Group>>,
    by_filter: Cache<GroupFilter, Entry<Vec<Arc<Group>>>>,
}

type Found = Vec<Option<Arc<Group>>>;

impl Groups {
    /// Room for this many bytes.
    pub(super) fn new(memory: u64, options: CacheOptions) -> Self {
        let (oldest, youngest) = (options.oldest(), options.ttl.max(options.negative_ttl));
        Self {
            by_ref: Cache::builder().max_capacity(memory / 2).weigher(group_weight).time_to_live(oldest).build(),
            by_filter: Cache::builder().max_capacity(memory / 2).weigher(groups_weight).time_to_live(youngest).build(),
        }
    }
}

impl Shared {
    /// The groups with these refs: those that count from before, and one question about the others.
    pub(super) async fn groups(&self, refs: &[EntityRef]) -> Result<Found, CatalogError> {
        let now = self.clock.now();
        let mut known = Vec::with_capacity(refs.len());
        for name in refs {
            known.push(self.groups.by_ref.get(name).await);
        }
        let old = |entry: &Option<Entry<Group>>| !entry.as_ref().is_some_and(|entry| self.is_fresh(entry, now));
        let missing: Vec<_> = refs.iter().zip(&known).filter(|(_, entry)| old(entry)).map(|(name, _)| name.clone()).collect();
        if missing.is_empty() {
            self.counters.count(Counter::Hits);
            return Ok(found(known));
        }
        let can_be_bridged = known.iter().all(|entry| !old(entry) || entry.as_ref().is_some_and(|entry| self.bridges(entry, now)));
        if !can_be_bridged {
            return Ok(merged(known, &old, self.ask_for_groups(&missing).await?));
        }
        let failed_lately = |entry: &Entry<Group>| entry.failed.and_then(|failed| since(failed, now)).is_some_and(|since| since < PAUSE);
        let answer = if known.iter().filter(|entry| old(entry)).flatten().all(failed_lately) {
            None
        } else if self.is_out.load(Ordering::Relaxed) {
            timeout(PATIENCE, self.ask_for_groups(&missing)).await.ok()
        } else {
            Some(self.ask_for_groups(&missing).await)
        };
        match answer {
            Some(Ok(asked)) => return Ok(merged(known, &old, asked)),
            Some(Err(error)) if !error.is_outage() => return Err(error),
            Some(Err(_)) | None => {}
        }
        self.counters.count(Counter::Stale);
        Ok(found(known))
    }

    /// What the filter finds, from before if that counts still.
    pub(super) async fn find_groups(&self, filter: &GroupFilter) -> Result<Vec<Arc<Group>>, CatalogError> {
        if filter.size() > MAX_QUERY {
            return self.catalog.find_groups(filter).await;
        }
        let at = self.clock.now();
        if let Some(entry) = self.groups.by_filter.get(filter).await.filter(|entry| self.is_fresh(entry, at)) {
            self.counters.count(if entry.found.is_some() { Counter::Hits } else { Counter::NegativeHits });
            return Ok(entry.found.map(|groups| Vec::clone(&groups)).unwrap_or_default());
        }
        let _room = self.room.acquire().await;
        self.counters.count(Counter::Misses);
        match self.catalog.find_groups(filter).await {
            Ok(groups) => {
                let found = (!groups.is_empty()).then(|| Arc::new(groups.clone()));
                self.groups.by_filter.insert(filter.clone(), Entry { found, at, failed: None }).await;
                Ok(groups)
            }
            Err(error) => {
                self.counters.count(Counter::Errors);
                self.groups.by_filter.invalidate(filter).await;
                Err(error)
            }
        }
    }

    /// Asks, and remembers what there is to remember.
    async fn ask_for_groups(&self, refs: &[EntityRef]) -> Result<Found, CatalogError> {
        let _room = self.room.acquire().await;
        self.counters.count(Counter::Misses);
        let at = self.clock.now();
        let answer = self.catalog.groups(refs).await;
        let is_out = answer.as_ref().is_err_and(CatalogError::is_outage);
        self.is_out.store(is_out, Ordering::Relaxed);
        match &answer {
            Ok(groups) => {
                for (name, group) in refs.iter().zip(groups) {
                    self.groups.by_ref.insert(name.clone(), Entry { found: group.clone(), at, failed: None }).await;
                }
            }
            Err(_) => {
                self.counters.count(Counter::Errors);
                for name in refs {
                    self.note_missed_group(name, is_out).await;
                }
            }
        }
        answer
    }

    /// Asking for it failed: it is not asked for again at once. A catalog that refused or contradicted itself ends what was known.
    async fn note_missed_group(&self, name: &EntityRef, is_out: bool) {
        let now: Duration = self.clock.now();
        match self.groups.by_ref.get(name).await {
            Some(entry) if is_out && self.bridges(&entry, now) => {
                self.groups.by_ref.insert(name.clone(), Entry { failed: Some(now), ..entry }).await;
            }
            _ => self.groups.by_ref.invalidate(name).await,
        }
    }
}

fn found(known: Vec<Option<Entry<Group>>>) -> Found {
    known.into_iter().map(|entry| entry.and_then(|entry| entry.found)).collect()
}

/// Those that are known, and in the place of the old ones those that were asked for, which are as many.
fn merged(known: Vec<Option<Entry<Group>>>, old: &impl Fn(&Option<Entry<Group>>) -> bool, asked: Found) -> Found {
    let mut asked = asked.into_iter();
    known.into_iter().map(|entry| if old(&entry) { asked.next().flatten() } else { entry.and_then(|entry| entry.found) }).collect()
}
