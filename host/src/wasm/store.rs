//! What one call owns: the request it is about, its budget, and the record of what it did.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use wasmtime::{ResourceLimiter, Store, UpdateDeadline, component::ResourceTable};

use crate::{
    config::LimitsConfig,
    domain::{
        decision::{Attempt, LookUp, LookUpOutcome},
        entity_ref::EntityRef,
        error::SignInError,
        group::Group,
        group_filter::GroupFilter,
        query::UserQuery,
        user::User,
    },
    ports::{catalog::CatalogError, component_ports::ComponentPorts, resolver::SignInRequest},
};

use super::{
    blame::Interrupt,
    engine::{Engine, MAX_CORE_INSTANCES, MAX_MEMORIES, MAX_TABLE_ELEMENTS, MAX_TABLES},
    powers::Gate,
    revealed::Revealed,
    wasi::FrozenWasi,
};

/// Handles that a guest may hold at once; a sign-in needs a handful, or some hundreds where it climbs the tree of groups.
const MAX_HANDLES: usize = 1024;

/// The resource `catalog.user`: a user that the catalog gave.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct CatalogUser(pub(super) Arc<User>);

/// The resource `groups.group`: a group that the catalog gave.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct CatalogGroup(pub(super) Arc<Group>);

/// The per-sign-in limits that host functions watch over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// Catalog look-ups.
    pub(super) catalog_look_ups: u32,
    /// Log lines; further ones are dropped.
    pub(super) log_lines: u32,
    /// Bytes that may cross the boundary.
    pub(super) host_call_bytes: usize,
    /// Bytes of linear memory.
    pub(super) memory: usize,
}

impl Budget {
    /// The budget that the limits give to each sign-in.
    pub(super) fn new(limits: &LimitsConfig) -> Self {
        Self { catalog_look_ups: limits.catalog_lookups, log_lines: limits.log_lines, host_call_bytes: limits.host_call_bytes, memory: limits.memory }
    }
}

/// What does not change between the calls of one resolver.
pub(super) struct Permissions {
    /// The settings as JSON.
    pub(super) settings: String,
    /// The gate in front of all powers.
    pub(super) gate: Gate,
    /// What its host functions ask.
    pub(super) ports: ComponentPorts,
    /// What a call may use up.
    pub(super) budget: Budget,
}

/// Everything a call owns. Dropped with its store, whatever happened.
pub(super) struct State {
    pub(super) table: ResourceTable,
    pub(super) request: Arc<SignInRequest>,
    pub(super) permissions: Arc<Permissions>,
    pub(super) attempt: Attempt,
    pub(super) wasi: FrozenWasi,
    /// The last error that the guest was told: if it passes it on, it is still ours.
    pub(super) told: Option<SignInError>,
    /// The tokens and cookies that it has seen.
    pub(super) revealed: Revealed,
    /// Refs that it gave out through powers, over all its identities: each may be held here until the call ends.
    pub(super) given_refs: usize,
    /// Bytes of claims that it gave out, over all its identities.
    pub(super) given_claims: usize,
}

impl State {
    /// A store for one call: fresh, limited, and stopped at the request's deadline.
    pub(super) fn store(engine: &Engine, request: Arc<SignInRequest>, permissions: Arc<Permissions>, attempt: Attempt) -> Store<Self> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_HANDLES);
        let host_call_bytes = permissions.budget.host_call_bytes;
        let (wasi, revealed) = (FrozenWasi::default(), Revealed::default());
        let state = Self { table, request, permissions, attempt, wasi, told: None, revealed, given_refs: 0, given_claims: 0 };
        let mut store = Store::new(&engine.engine, state);
        store.limiter(|state| state);
        store.set_hostcall_fuel(host_call_bytes);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|store| {
            if Instant::now() >= store.data().request.deadline {
                return Err(Interrupt::Deadline.into());
            }
            Ok(UpdateDeadline::Yield(1))
        });
        store
    }

    /// Asks the catalog, within the budget and the deadline, and notes down how it ended.
    pub(super) async fn find_user(&mut self, query: &UserQuery) -> wasmtime::Result<Result<Option<Arc<User>>, CatalogError>> {
        self.spend_look_up()?;
        let answer = if *query == UserQuery::Nobody {
            Ok(Ok(None))
        } else {
            tokio::time::timeout_at(self.request.deadline.into(), self.permissions.ports.catalog.find_user(query)).await
        };
        let outcome = match &answer {
            Ok(Ok(None)) => LookUpOutcome::Matches(0),
            Ok(Ok(Some(_))) => LookUpOutcome::Matches(1),
            Ok(Err(CatalogError::Conflict)) => LookUpOutcome::Matches(2),
            Ok(Err(_)) | Err(_) => LookUpOutcome::Failed,
        };
        self.attempt.look_ups.push(LookUp { query: query.describe(), outcome });
        answer.map_err(|_| Interrupt::CatalogDeadline.into())
    }

    /// The same for groups with these refs. No refs cost no look-up.
    pub(super) async fn groups(&mut self, refs: &[EntityRef]) -> wasmtime::Result<Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        if refs.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        self.spend_look_up()?;
        let answer = tokio::time::timeout_at(self.request.deadline.into(), self.permissions.ports.catalog.groups(refs)).await;
        self.note_groups("groups", answer.as_ref().ok().and_then(|groups| Some(groups.as_ref().ok()?.iter().flatten().count())));
        answer.map_err(|_| Interrupt::CatalogDeadline.into())
    }

    /// The same for groups that a filter describes.
    pub(super) async fn find_groups(&mut self, filter: &GroupFilter) -> wasmtime::Result<Result<Vec<Arc<Group>>, CatalogError>> {
        self.spend_look_up()?;
        let answer = tokio::time::timeout_at(self.request.deadline.into(), self.permissions.ports.catalog.find_groups(filter)).await;
        self.note_groups("group-filter", answer.as_ref().ok().and_then(|groups| Some(groups.as_ref().ok()?.len())));
        answer.map_err(|_| Interrupt::CatalogDeadline.into())
    }

    fn spend_look_up(&self) -> wasmtime::Result<()> {
        let budget = self.permissions.budget.catalog_look_ups;
        if self.request.spent.look_ups.fetch_add(1, Ordering::Relaxed) >= budget {
            return Err(Interrupt::CatalogLookUps(budget).into());
        }
        Ok(())
    }

    fn note_groups(&mut self, query: &'static str, found: Option<usize>) {
        self.attempt.look_ups.push(LookUp { query, outcome: found.map_or(LookUpOutcome::Failed, LookUpOutcome::Groups) });
    }
}

impl ResourceLimiter for State {
    /// All memories of a component together: memory does not shrink, so what has grown is what there is.
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.attempt.memory.saturating_add(desired.saturating_sub(current));
        if total > self.permissions.budget.memory {
            return Err(Interrupt::Memory(self.permissions.budget.memory).into());
        }
        self.attempt.memory = total;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= MAX_TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        MAX_CORE_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memories(&self) -> usize {
        MAX_MEMORIES
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wasm::component;

    #[test]
    fn the_memories_of_a_component_count_together() {
        let limits = LimitsConfig { memory: 64 << 20, concurrency: 1, ..LimitsConfig::default() };
        let engine = Engine::new(&limits).unwrap();
        let mut store = component::load_store(&engine);
        let state = store.data_mut();
        assert!(state.memory_growing(0, 40 << 20, None).unwrap());
        assert!(state.memory_growing(40 << 20, 44 << 20, None).unwrap());
        let error = state.memory_growing(0, 21 << 20, None).unwrap_err();
        assert_eq!(error.downcast_ref::<Interrupt>(), Some(&Interrupt::Memory(64 << 20)));
        assert!(state.memory_growing(0, 20 << 20, None).unwrap());
        assert_eq!(state.attempt.memory, 64 << 20);
    }
}
