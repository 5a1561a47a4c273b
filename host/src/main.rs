//! The binary: command line, telemetry, command, exit code.

use std::process::ExitCode;

use clap::Parser;
use stagedoor::{
    cli::{Cli, Command, ResolverCommand},
    commands::{self, check, resolver, schema, serve, r#try},
    telemetry,
    wasm::compile,
};

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let result = match command {
        Command::Compile => return compile::run_child(),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Serve(arguments) => {
            let _logs = telemetry::start();
            commands::block_on(serve::run(arguments))
        }
        Command::Check(arguments) => {
            telemetry::start_on_stderr();
            commands::block_on(check::run(arguments))
        }
        Command::Try(arguments) => {
            telemetry::start_on_stderr();
            commands::block_on(r#try::run(arguments))
        }
        Command::Resolver(ResolverCommand::Test(arguments)) => {
            telemetry::start_on_stderr();
            commands::block_on(resolver::test::run(arguments))
        }
    };
    commands::exit_code(result)
}
