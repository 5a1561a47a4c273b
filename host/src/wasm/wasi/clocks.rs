//! `wasi:clocks`: the time of the sign-in, standing still. Nothing is waited for.

use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::clocks::{
    monotonic_clock,
    wall_clock::{self, Datetime},
};
use wasmtime_wasi_io::{
    async_trait,
    poll::{DynPollable, Pollable, subscribe},
};

use crate::wasm::store::State;

const NANOS_PER_SECOND: u128 = 1_000_000_000;

impl wall_clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<Datetime> {
        let time = self.request.time;
        let seconds = u64::try_from(time / NANOS_PER_SECOND).unwrap_or(u64::MAX);
        let nanoseconds = u32::try_from(time % NANOS_PER_SECOND).unwrap_or_default();
        Ok(Datetime { seconds, nanoseconds })
    }

    fn resolution(&mut self) -> wasmtime::Result<Datetime> {
        Ok(Datetime { seconds: 0, nanoseconds: 1 })
    }
}

impl monotonic_clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(0)
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, _when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.already()
    }

    fn subscribe_duration(&mut self, _duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        self.already()
    }
}

impl State {
    /// A pollable that is ready: a guest that sleeps must not hold its slot for it.
    fn already(&mut self) -> wasmtime::Result<Resource<DynPollable>> {
        let ready = self.table.push(Already)?;
        subscribe(&mut self.table, ready)
    }
}

struct Already;

#[async_trait]
impl Pollable for Already {
    async fn ready(&mut self) {}
}
