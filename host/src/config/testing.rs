//! For tests: a configuration out of a text, on top of the least that loads, and reads of a single value.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::{Config, ConfigErrors, ConfigSources, error::Report, field::Field, origin::Origin, tree::Node};

const LEAST: &str = "auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: least }] } } } }\n";

/// Loads `app-config.yaml` with this text on top of one resolver.
pub(super) fn load(text: &str) -> Result<Config, ConfigErrors> {
    load_files(&[("least.yaml", LEAST), ("app-config.yaml", text)])
}

/// Loads these files, the later on top of the earlier.
pub(super) fn load_files(files: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    load_beside(&[], files)
}

/// Loads `app-config.yaml` with this text where these files lie beside it, for it to include.
pub(super) fn load_with(text: &str, others: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    load_beside(others, &[("least.yaml", LEAST), ("app-config.yaml", text)])
}

fn load_beside(others: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
    let directory = TempDir::new().unwrap();
    for (name, text) in others.iter().chain(files) {
        fs::write(directory.path().join(name), text).unwrap();
    }
    Config::load(&ConfigSources {
        files: files.iter().map(|(name, _)| PathBuf::from(name)).collect(),
        directory: directory.path().into(),
        environment: [("SECRET".into(), "hunter2".into()), ("POSTGRES_USER".into(), "backstage".into())].into(),
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

/// What the read of key `k` gives, and what is reported.
pub(super) fn read<T>(value: serde_json::Value, read: impl FnOnce(&Field<'_>) -> Option<T>) -> Result<Option<T>, String> {
    let tree = Node::from_json([("k".to_owned(), value)].into_iter().collect(), &Origin::file("/app-config.yaml".into(), Path::new("/")));
    let report = Report::default();
    let result = read(&Field::root(&tree, &report).key("k"));
    report.finish().map(|_| result).map_err(|errors| errors.to_string())
}
