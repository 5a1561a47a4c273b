//! The commands, one file each, and how they end.

pub mod check;
pub mod resolver;
pub mod schema;
pub mod serve;
pub mod r#try;

use std::{fmt::Display, future::Future, process::ExitCode};

use crate::{
    config::{Config, ConfigSources},
    serve::StartError,
};

/// `EX_UNAVAILABLE`: the address is in use.
const ADDRESS_IN_USE: u8 = 69;
/// `EX_CONFIG`: the configuration or a component is wrong.
const CONFIGURATION: u8 = 78;
/// As clap uses it.
const USAGE: u8 = 2;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The server could not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Arguments that do not fit together.
    #[error("{0}")]
    Usage(String),
    /// `try` ended in a refusal, or a case failed, which is shown already.
    #[error("refused")]
    Refused,
    /// Anything else.
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

/// Runs a command on the runtime.
pub fn block_on(command: impl Future<Output = Result<(), CommandError>>) -> Result<(), CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from)?;
    let result = runtime.block_on(command);
    // Whatever still runs on a thread of its own, such as reading the catalog for a start that was stopped, is not waited for.
    runtime.shutdown_background();
    result
}

/// Says on stderr why, each problem on a line of its own, and gives the exit code.
pub fn exit_code(result: Result<(), CommandError>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    let code = match &error {
        CommandError::Refused => return ExitCode::FAILURE,
        CommandError::Usage(_) => USAGE,
        CommandError::Start(
            StartError::Config(_) | StartError::Catalog(_) | StartError::Tables(_) | StartError::Stage(_) | StartError::StateDirectory { .. },
        ) => CONFIGURATION,
        CommandError::Start(StartError::AddressInUse { .. }) => ADDRESS_IN_USE,
        CommandError::Start(
            StartError::NotASocket { .. }
            | StartError::Listen { .. }
            | StartError::Watch(_)
            | StartError::Https(_)
            | StartError::Engine(_)
            | StartError::CatalogClient(_)
            | StartError::Database(_)
            | StartError::KeyStore(_),
        )
        | CommandError::Other(_) => 1,
    };
    for problem in problems(&error) {
        eprintln!("error: {}", problem.trim_end());
    }
    ExitCode::from(code)
}

/// One text a problem. What follows its first line stands there as it is, so that it can be copied.
fn problems(error: &CommandError) -> Vec<String> {
    fn texts(problems: &[impl ToString]) -> Vec<String> {
        problems.iter().map(ToString::to_string).collect()
    }
    match error {
        CommandError::Start(StartError::Config(errors)) => texts(&errors.0),
        CommandError::Start(StartError::Catalog(errors)) => texts(&errors.0),
        CommandError::Start(StartError::Tables(errors)) => texts(&errors.0),
        CommandError::Start(StartError::Stage(errors)) => texts(errors),
        other => vec![other.to_string()],
    }
}

/// Says what is odd but does not keep anything from working.
fn warn(warnings: &[impl Display]) {
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
}

/// Reads the configuration.
fn load(arguments: crate::cli::ConfigArguments) -> Result<Config, CommandError> {
    let sources = ConfigSources::from_system(arguments.files);
    Ok(Config::load(&sources).map_err(StartError::Config)?)
}
