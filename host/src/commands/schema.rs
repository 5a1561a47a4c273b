//! `stagedoor schema`: the JSON Schema of the configuration, or of case files.

use crate::{cases, cli::SchemaArguments, config};

use super::CommandError;

/// Prints it.
pub fn run(arguments: &SchemaArguments) -> Result<(), CommandError> {
    print!("{}", if arguments.cases { cases::schema::json() } else { config::schema::json() });
    Ok(())
}
