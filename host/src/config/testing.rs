//! For tests: a configuration out of a text, on top of the least that loads.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use super::{Config, ConfigErrors, ConfigSources};

const LEAST: &str = "auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: least }] } } } }\n";

/// Loads `app-config.yaml` with this text.
pub(super) fn load(text: &str) -> Result<Config, ConfigErrors> {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("least.yaml"), LEAST).unwrap();
    fs::write(directory.path().join("app-config.yaml"), text).unwrap();
    Config::load(&ConfigSources {
        files: ["least.yaml", "app-config.yaml"].map(PathBuf::from).into(),
        directory: directory.path().into(),
        environment: [("SECRET".into(), "hunter2".into())].into(),
    })
}

/// The configuration of a text that is right.
pub(super) fn loaded(text: &str) -> Config {
    load(text).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Everything that is wrong with a text.
pub(super) fn faults(text: &str) -> String {
    load(text).unwrap_err().to_string()
}
