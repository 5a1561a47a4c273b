//! Packages of npm as a lock file pins them, below `target/`, installed once for all runs.

use std::{
    env, fs,
    io::{self, Write},
    path::PathBuf,
    process::Command,
    sync::{Mutex, PoisonError},
};

use crate::state_directory;

static INSTALLING: Mutex<()> = Mutex::new(());

/// A directory that holds these files, package.json and package-lock.json among them, and their packages. `marker` is one of the packages.
///
/// # Errors
///
/// Why there is none: no node, no npm, no network.
pub fn installed(name: &str, files: &[(&str, &str)], marker: &str) -> Result<PathBuf, String> {
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = state_directory().with_file_name(name);
    fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    let same = |(name, text): &(&str, &str)| fs::read_to_string(directory.join(name)).is_ok_and(|there| there == *text);
    let packages_are_current = files.iter().filter(|(name, _)| name.starts_with("package")).all(same);
    // A program of another test may be reading the ones that are there.
    for (name, text) in files.iter().filter(|file| !same(file)) {
        fs::write(directory.join(name), text).map_err(|error| error.to_string())?;
    }
    if !packages_are_current || !directory.join("node_modules").join(marker).exists() {
        // A build script is needed where a package brings no binary for this machine.
        succeeded(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&directory), "npm ci")?;
    }
    succeeded(Command::new("node").arg("--version"), "node")?;
    Ok(directory)
}

/// Runs a command to its end.
///
/// # Errors
///
/// What it said, if it failed.
pub fn succeeded(command: &mut Command, name: &str) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{name} cannot be run: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr))) }
}

/// The value, or `None` where a tool is missing: said loudly, and a failure where `STAGEDOOR_REQUIRE_ALL=1` says that nothing may be skipped.
///
/// # Panics
///
/// With `STAGEDOOR_REQUIRE_ALL=1`.
pub fn or_skipped<T>(result: Result<T, String>, what: &str) -> Option<T> {
    result
        .map_err(|why| {
            assert!(env::var_os("STAGEDOOR_REQUIRE_ALL").is_none_or(|value| value != "1"), "STAGEDOOR_REQUIRE_ALL=1, but {why}");
            // Past the capture of the test harness, which would swallow what a passing test prints.
            let _ = writeln!(io::stderr(), "\nSKIPPED: {what}, because {why}\n");
        })
        .ok()
}
