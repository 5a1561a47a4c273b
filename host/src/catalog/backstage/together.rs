//! Names that are looked up at the same time, asked for together.
//!
//! Guarantees: a look-up that comes alone is a call by name, at once. While a call is under way further names gather until it ends, for
//! [`PATIENCE`] at most, and go together in the next one: when everybody comes back at once, the catalog gets some calls and not thousands. Each
//! look-up is answered by a call that began after it. What a call for many cannot settle each of them asks for by name, so that nobody fails for what
//! another one is, and whatever the catalog answers is about this very name.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};

use super::BackstageCatalog;
use crate::{
    domain::{entity_ref::EntityRef, group::Group, group_filter::GroupFilter, query::UserQuery, user::User},
    ports::{
        BoxFuture,
        catalog::{Catalog, CatalogError},
    },
};

/// How long a name waits for a call that is under way: a catalog that hangs delays nobody by more than that.
const PATIENCE: Duration = Duration::from_millis(10);

/// Names in one call.
const MOST: usize = 64;

type Answer = Result<Option<Arc<User>>, CatalogError>;

/// A running catalog, asked for many users at once where many are wanted.
#[derive(Debug)]
pub struct AskedTogether(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    api: Arc<BackstageCatalog>,
    gathered: Mutex<Gathered>,
}

#[derive(Debug, Default)]
struct Gathered {
    waiting: Vec<Waiting>,
    /// Calls that are under way.
    calls: usize,
}

/// Somebody who waits for a call.
#[derive(Debug)]
struct Waiting {
    name: EntityRef,
    told: oneshot::Sender<Verdict>,
}

/// What somebody who has waited is told.
#[derive(Debug)]
enum Verdict {
    /// This is the answer.
    Answer(Answer),
    /// To ask by name; where nobody else waited, as the next call.
    Alone(Option<Call>),
}

/// A call that is under way. Whatever ends it, the next one begins.
#[derive(Debug)]
struct Call(Arc<Shared>);

impl AskedTogether {
    /// In front of this catalog.
    pub fn new(api: Arc<BackstageCatalog>) -> Self {
        Self(Arc::new(Shared { api, gathered: Mutex::default() }))
    }

    async fn find(&self, name: &EntityRef) -> Answer {
        let shared = &self.0;
        let mut told = match shared.begin_or_gather(name) {
            Begun::Call(_call) => return shared.api.by_name(name).await,
            Begun::Gathered(told) => told,
        };
        let verdict = if let Ok(verdict) = timeout(PATIENCE, &mut told).await {
            verdict
        } else {
            shared.send_off();
            told.await
        };
        match verdict {
            Ok(Verdict::Answer(answer)) => answer,
            Ok(Verdict::Alone(_call)) => shared.api.by_name(name).await,
            // Its task is gone: the server stops, or it panicked, which the panic hook has told.
            Err(_) => Err(CatalogError::Unavailable("the call was given up".into())),
        }
    }
}

enum Begun {
    /// This look-up is the call.
    Call(Call),
    /// It waits for one.
    Gathered(oneshot::Receiver<Verdict>),
}

impl Shared {
    fn begin_or_gather(self: &Arc<Self>, name: &EntityRef) -> Begun {
        let mut gathered = self.gathered();
        if gathered.calls == 0 {
            gathered.calls = 1;
            return Begun::Call(Call(Arc::clone(self)));
        }
        let (teller, told) = oneshot::channel();
        gathered.waiting.push(Waiting { name: name.clone(), told: teller });
        Begun::Gathered(told)
    }

    /// One more call, for those who have waited long enough.
    fn send_off(self: &Arc<Self>) {
        let mut gathered = self.gathered();
        let waiting = gathered.take();
        if !waiting.is_empty() {
            gathered.calls += 1;
            drop(gathered);
            self.ask_for(waiting);
        }
    }

    /// A call for all of them, on a task of its own: whoever goes away takes nobody along.
    fn ask_for(self: &Arc<Self>, mut waiting: Vec<Waiting>) {
        let call = Call(Arc::clone(self));
        if waiting.len() == 1
            && let Some(only) = waiting.pop()
        {
            // Whoever went away gives the call back by not taking it.
            let _ = only.told.send(Verdict::Alone(Some(call)));
            return;
        }
        tokio::spawn(async move {
            let (names, tellers): (Vec<_>, Vec<_>) = waiting.into_iter().map(|Waiting { name, told }| (name, told)).unzip();
            let answer = call.0.api.by_refs(&names).await;
            for (nth, teller) in tellers.into_iter().enumerate() {
                let _ = teller.send(match &answer {
                    Ok(users) => Verdict::Answer(Ok(users[nth].clone())),
                    Err(error @ CatalogError::Unavailable(_)) => Verdict::Answer(Err(error.clone())),
                    Err(_) => Verdict::Alone(None),
                });
            }
        });
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gathered {
    /// Those who have waited longest and are still there, as many as go into one call.
    fn take(&mut self) -> Vec<Waiting> {
        self.waiting.retain(|waiting| !waiting.told.is_closed());
        let later = self.waiting.split_off(self.waiting.len().min(MOST));
        mem::replace(&mut self.waiting, later)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let mut gathered = self.0.gathered();
        let waiting = gathered.take();
        if waiting.is_empty() {
            gathered.calls -= 1;
        } else {
            drop(gathered);
            self.0.ask_for(waiting);
        }
    }
}

impl Catalog for AskedTogether {
    fn find_user<'a>(&'a self, query: &'a UserQuery) -> BoxFuture<'a, Answer> {
        match query {
            UserQuery::EntityRef(name) => Box::pin(self.find(name)),
            other => self.0.api.find_user(other),
        }
    }

    fn groups<'a>(&'a self, refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        self.0.api.groups(refs)
    }

    fn find_groups<'a>(&'a self, filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>> {
        self.0.api.find_groups(filter)
    }
}
