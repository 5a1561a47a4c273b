//! `wasi:random`: SHA-256 over the decision id and a counter. The same decision gives the same numbers, so a decision can be replayed.
//!
//! The id is known to the client afterwards: a resolver must not make secrets of these numbers, and the contract gives it no place to put one.

use aws_lc_rs::digest::{Context, SHA256};
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

use crate::wasm::{blame::Interrupt, store::State};

/// Random bytes that one call may ask for.
const MAX_BYTES: u64 = 64 * 1024;

impl State {
    fn block(&mut self) -> [u8; 32] {
        let mut hash = Context::new(&SHA256);
        hash.update(&self.request.decision.0);
        hash.update(&self.wasi.random_blocks.to_be_bytes());
        self.wasi.random_blocks += 1;
        let mut block = [0; 32];
        block.copy_from_slice(hash.finish().as_ref());
        block
    }

    fn bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        let wanted = usize::try_from(length).ok().filter(|_| length <= MAX_BYTES).ok_or(Interrupt::RandomBytes(length))?;
        let mut bytes = Vec::with_capacity(wanted.next_multiple_of(32));
        while bytes.len() < wanted {
            bytes.extend_from_slice(&self.block());
        }
        bytes.truncate(wanted);
        Ok(bytes)
    }

    fn number(&mut self) -> u64 {
        self.block().first_chunk().copied().map(u64::from_be_bytes).unwrap_or_default()
    }
}

impl random::Host for State {
    fn get_random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        self.bytes(length)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.number())
    }
}

impl insecure::Host for State {
    fn get_insecure_random_bytes(&mut self, length: u64) -> wasmtime::Result<Vec<u8>> {
        self.bytes(length)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        Ok(self.number())
    }
}

impl insecure_seed::Host for State {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((self.number(), self.number()))
    }
}
