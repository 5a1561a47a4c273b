//! Frozen WASI: what language runtimes insist on importing, answering the same for the same sign-in.
//!
//! No arguments, no environment, no directories, no sockets. Time is the time of the sign-in and stands still, a sleep is over at once, random
//! numbers are seeded from the decision id. What is written to stdout and stderr becomes bounded log lines. So a call is a function of recorded
//! inputs. Only the parts listed in [`link`] can be imported at all.

mod cli;
mod clocks;
mod output;
mod random;

use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{
    filesystem::{WasiFilesystem, WasiFilesystemCtx, WasiFilesystemCtxView},
    p2::bindings::{self, cli as wasi_cli, clocks as wasi_clocks, random as wasi_random},
};
use wasmtime_wasi_io::IoView;

use super::store::State;

pub(super) use output::{MAX_BYTES, Output};

/// Interfaces of WASI that a component may import, by prefix.
pub(super) const ALLOWED: [&str; 5] = ["wasi:io/", "wasi:cli/", "wasi:clocks/", "wasi:random/", "wasi:filesystem/"];

/// The state behind it: small, and mostly untouched.
#[derive(Default)]
pub(super) struct FrozenWasi {
    filesystem: WasiFilesystemCtx,
    random_blocks: u64,
    pub(super) output: Output,
}

/// Links every allowed interface.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi_io::add_to_linker_async(linker)?;

    wasi_cli::environment::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    wasi_cli::exit::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    wasi_cli::stdin::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    wasi_cli::stdout::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    wasi_cli::stderr::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    wasi_cli::terminal_input::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    wasi_cli::terminal_output::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    wasi_cli::terminal_stdin::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    wasi_cli::terminal_stdout::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    wasi_cli::terminal_stderr::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;

    wasi_clocks::wall_clock::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    wasi_clocks::monotonic_clock::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;

    wasi_random::random::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    wasi_random::insecure::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    wasi_random::insecure_seed::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;

    // Go's runtime imports the filesystem; without a single directory there is nothing in it to open.
    bindings::filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, filesystem)?;
    bindings::filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, filesystem)
}

fn filesystem(state: &mut State) -> WasiFilesystemCtxView<'_> {
    WasiFilesystemCtxView { ctx: &mut state.wasi.filesystem, table: &mut state.table }
}

impl IoView for State {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}
