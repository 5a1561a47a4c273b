//! The floor: the same server, composed with the resolver's rule in native Rust. What stagedoor costs more than this is what WebAssembly costs.
//!
//! Usage: `floor CONFIG…`. It reads the configuration of `stagedoor serve`, of which it ignores the resolvers.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use stagedoor::{
    commands::{self, CommandError},
    config::{Config, ConfigSources},
    lifecycle,
    serve::{self, StartError, WireOptions},
    telemetry,
};
use stagedoor_tests::NativeRule;

fn main() -> ExitCode {
    let _logs = telemetry::start();
    commands::exit_code(commands::block_on(run()))
}

async fn run() -> Result<(), CommandError> {
    let stop = lifecycle::stop_on_signal().map_err(anyhow::Error::from)?;
    let files = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let config = Config::load(&ConfigSources::from_system(files)).map_err(StartError::Config)?;
    let server = serve::open(&config, serve::bind(&config).await?, stop.clone());
    let wired = serve::wire(config, WireOptions::for_this_binary().map_err(anyhow::Error::from)?).await?;
    let _watch = wired.catalog.tend(stop.soon.clone()).map_err(StartError::Watch)?;
    let staged = NativeRule::staged(Arc::clone(&wired.catalog) as _);
    server.start(wired.snapshot(staged));
    server.ended().await;
    Ok(())
}
