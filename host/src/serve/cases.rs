//! What cases are run with: the engine and the compiler of a server, and none of its ports.

use std::{path::PathBuf, sync::Arc};

use crate::{cases::Rehearsal, config::Config, wasm::engine::Engine};

use super::{StartError, wire_compiler};

/// Makes them ready to be run in this configuration; `compiler` is the binary whose hidden command compiles.
pub fn rehearsal(mut config: Config, compiler: PathBuf) -> Result<Rehearsal, StartError> {
    // One case runs at a time, so there is no need for a pool of many.
    config.stagedoor.limits.concurrency = 1;
    let engine = Arc::new(Engine::new(&config.stagedoor.limits).map_err(|error| StartError::Engine(format!("{error:#}")))?);
    let compiler = Arc::new(wire_compiler(&config, compiler)?.remembering());
    Ok(Rehearsal::new(engine, compiler, config))
}
