//! Prints the entity file of an organisation. Usage: `organisation USERS > entities.yaml`.

use std::io::{self, Write};

fn main() -> anyhow::Result<()> {
    let users = std::env::args().nth(1).unwrap_or_else(|| "10000".to_owned()).parse()?;
    Ok(io::stdout().write_all(stagedoor_tests::organisation(users).as_bytes())?)
}
