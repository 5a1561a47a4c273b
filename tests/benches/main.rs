//! The parts of a sign-in, each over many users: `cargo bench -p stagedoor-tests`, or with a name behind `--` for some of them.
//!
//! For whole servers under load, and for CPU and memory, see `tests/load/run.sh`. The decision log is off here: nothing subscribes to it.

mod catalog;
mod door;
mod host_functions;
mod resolve;
mod sign_in;
mod token;

use std::process::ExitCode;

use criterion::Criterion;

fn main() -> ExitCode {
    // Components are compiled by a child of this very program, so that no other binary has to be there, or can be out of date.
    if std::env::args().skip(1).eq(["compile"]) {
        return stagedoor::wasm::compile::run_child();
    }
    // `--bench` is cargo's; what is left is a filter.
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    host_functions::table(filter.as_deref());
    let mut criterion = Criterion::default().configure_from_args();
    token::bench(&mut criterion);
    resolve::bench(&mut criterion);
    sign_in::bench(&mut criterion);
    catalog::bench(&mut criterion);
    criterion.final_summary();
    ExitCode::SUCCESS
}
