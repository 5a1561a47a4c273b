//! Why a server does not start.

use std::{io, path::PathBuf};

use crate::{
    catalog::file::CatalogLoadError, config::ConfigErrors, database::DatabaseError, generation::stage::StageError, ports::key_store::KeyStoreError,
};

/// Why the server did not start. Each kind has its exit code.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(ConfigErrors),
    /// The catalog's files are wrong.
    #[error(transparent)]
    Catalog(#[from] CatalogLoadError),
    /// A component is wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Stage(Vec<StageError>),
    /// The state directory cannot be used.
    #[error("stagedoor.stateDir: {} cannot be used: {source}; or name a directory that this user may create and write to", path.display())]
    StateDirectory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The keys in it cannot be read.
    #[error(transparent)]
    KeyStore(KeyStoreError),
    /// Somebody else listens there.
    #[error("stagedoor.listen: {address} is in use: stop what listens there, or configure another address")]
    AddressInUse {
        /// Where.
        address: String,
    },
    /// The address cannot be listened on.
    #[error("stagedoor.listen: cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The catalog's files cannot be watched.
    #[error("the catalog's files cannot be watched: {0}")]
    Watch(io::Error),
    /// The engine cannot be made.
    #[error("the WebAssembly engine cannot be started: {0}")]
    Engine(String),
}
