//! What the benches share: a door over an organisation, wired as `serve` wires it, without a port.

use std::{collections::BTreeMap, fs, time::Duration};

use stagedoor::{
    config::{Config, ConfigSources},
    serve::{self, WireOptions, Wired},
};
use stagedoor_tests::{organisation, state_directory};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// As many users as one bench goes through.
pub(super) const USERS: usize = 10_000;

/// Adapters over a catalog of a given size.
pub(super) struct Door {
    pub(super) wired: Wired,
    _directory: TempDir,
}

impl Door {
    /// Wires everything over that many users.
    pub(super) fn new(users: usize) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (config, entities) = (directory.path().join("app-config.yaml"), directory.path().join("org.yaml"));
        fs::write(&entities, organisation(users)).expect("the catalog can be written");
        let text = format!(
            "auth: {{ providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ resolver: forwardedUserMatchingUserEntityName }}] }} }} }} }}\n\
             catalog: {{ locations: [{{ type: file, target: '{}' }}] }}\n\
             stagedoor: {{ listen: '127.0.0.1:7107', stateDir: '{}' }}\n",
            entities.display(),
            state_directory().display()
        );
        fs::write(&config, text).expect("the config can be written");
        let sources = ConfigSources { files: vec![config], directory: directory.path().to_owned(), environment: BTreeMap::new() };
        let mut config = Config::load(&sources).unwrap_or_else(|errors| panic!("{errors}"));
        // One request stands for thousands here, and must not run into its deadline on a busy machine.
        config.stagedoor.limits.timeout = Duration::from_mins(1);
        let compiler = std::env::current_exe().expect("a running program has a file");
        let wired = runtime().block_on(serve::wire(config, WireOptions::with_compiler(compiler))).unwrap_or_else(|error| panic!("{error}"));
        Self { wired, _directory: directory }
    }
}

/// The runtime of a bench: on this thread, so that what is measured is the work and not waking another thread.
pub(super) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// The numbers of all users in turn, for ever.
pub(super) fn in_turn(users: usize) -> impl Iterator<Item = usize> {
    (1..=users).cycle()
}
