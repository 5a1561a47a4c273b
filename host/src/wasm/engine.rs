//! The engine: one for the process, with every limit that belongs to all calls together.
//!
//! Instances come from a pool and keep their pages between calls, which is what makes a fresh instance for each sign-in affordable. Where the
//! pool cannot be reserved (`ulimit -v`), instances are allocated on demand: slower, otherwise the same.

use std::{sync::mpsc, thread, time::Duration};

use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::config::LimitsConfig;

use super::store::Budget;

/// How often a running guest is looked at: the precision of the deadline.
const TICK: Duration = Duration::from_millis(10);

/// Linear memory and stack that a slot keeps for its next instance, instead of giving it back to the system.
const KEEP_RESIDENT: usize = 1 << 20;
const KEEP_RESIDENT_SMALL: usize = 64 << 10;

/// Pool slots for each sign-in: its resolver, and a profile and an ownership component beside it.
const SLOTS_PER_SIGN_IN: u32 = 3;

/// What one component may consist of. Measured: QuickJS has 3 memories, Python more than 20 core instances and 5,700 table elements.
pub(super) const MAX_MEMORIES: usize = 4;
pub(super) const MAX_CORE_INSTANCES: usize = 64;
pub(super) const MAX_TABLES: usize = 16;
pub(super) const MAX_TABLE_ELEMENTS: usize = 20_000;

/// The engine and the thread that ticks for it.
pub struct Engine {
    pub(super) engine: wasmtime::Engine,
    pub(super) budget: Budget,
    pooled: bool,
    _ticker: EpochTicker,
}

impl Engine {
    /// Reserves the pool and starts the clock.
    pub fn new(limits: &LimitsConfig) -> wasmtime::Result<Self> {
        let mut config = code_config();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
        let (engine, pooled) = match wasmtime::Engine::new(&config) {
            Ok(engine) => (engine, true),
            Err(error) => {
                tracing::warn!(%error, "the pool of instances cannot be reserved, each one is allocated on demand: sign-ins cost more; raise `ulimit -v`");
                (wasmtime::Engine::new(&code_config())?, false)
            }
        };
        let ticker = EpochTicker::start(&engine)?;
        Ok(Self { engine, budget: Budget::new(limits), pooled, _ticker: ticker })
    }

    /// Whether instances come from the pool.
    pub fn is_pooled(&self) -> bool {
        self.pooled
    }

    /// Changes with everything that makes compiled code unusable: version, settings, processor.
    pub fn compatibility(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        self.engine.precompile_compatibility_hash().hash(&mut hasher);
        hasher.finish()
    }
}

/// What decides the compiled code. The compiling child uses the same, without the pool, which does not touch code.
pub(super) fn code_config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(true)
        .relaxed_simd_deterministic(true)
        .concurrency_support(false)
        .memory_init_cow(true)
        // A guest's backtrace is of no use to the client and costs a walk of its stack. Why it failed is in its last words.
        .wasm_backtrace_max_frames(None);
    config
}

fn pool(limits: &LimitsConfig) -> PoolingAllocationConfig {
    let slots = u32::try_from(limits.concurrency).unwrap_or(u32::MAX / SLOTS_PER_SIGN_IN) * SLOTS_PER_SIGN_IN;
    let count = |per_slot: usize| u32::try_from(per_slot).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_stacks(slots)
        .total_core_instances(slots.saturating_mul(40))
        .total_memories(slots * 3)
        .total_tables(slots * 8)
        .max_core_instances_per_component(count(MAX_CORE_INSTANCES))
        .max_memories_per_component(count(MAX_MEMORIES))
        .max_tables_per_component(count(MAX_TABLES))
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(1 << 20)
        .max_memory_size(limits.memory)
        .table_elements(MAX_TABLE_ELEMENTS)
        .max_unused_warm_slots(slots)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(KEEP_RESIDENT_SMALL)
        .async_stack_keep_resident(KEEP_RESIDENT_SMALL)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// Moves the engine's epoch on a thread of its own, so that no busy runtime can keep a guest from being interrupted. Stops when dropped; the
/// thread holds the engine weakly and ends by itself otherwise.
struct EpochTicker {
    _stop: mpsc::Sender<()>,
}

impl EpochTicker {
    fn start(engine: &wasmtime::Engine) -> std::io::Result<Self> {
        let (stop, stopped) = mpsc::channel::<()>();
        let engine = engine.weak();
        thread::Builder::new().name("epoch".into()).spawn(move || {
            while stopped.recv_timeout(TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
                let Some(engine) = engine.upgrade() else { return };
                engine.increment_epoch();
            }
        })?;
        Ok(Self { _stop: stop })
    }
}
