//! `stagedoor schema`: the JSON Schema of the configuration.

use crate::config;

use super::CommandError;

/// Prints it.
pub fn run() -> Result<(), CommandError> {
    print!("{}", config::schema::json());
    Ok(())
}
