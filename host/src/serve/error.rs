//! Why a server does not start.

use std::{io, path::PathBuf};

use crate::{
    catalog::{backstage::CatalogClientError, file::CatalogLoadError},
    config::ConfigErrors,
    database::DatabaseError,
    generation::stage::StageError,
    outbound::component::ComponentHttpError,
    ports::key_store::KeyStoreError,
    tables::TablesError,
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
    /// The catalog's client cannot be made.
    #[error(transparent)]
    CatalogClient(#[from] CatalogClientError),
    /// A table is wrong.
    #[error(transparent)]
    Tables(#[from] TablesError),
    /// The client of components cannot be made.
    #[error(transparent)]
    ComponentHttp(#[from] ComponentHttpError),
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
    /// What stands at the path of the unix socket is something else.
    #[error("stagedoor.listen: {} exists and is no socket: remove it, or configure another path", path.display())]
    NotASocket {
        /// Where.
        path: PathBuf,
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
    /// A certificate cannot be made.
    #[error("backend.https: {0}")]
    Https(String),
    /// The engine cannot be made.
    #[error("the WebAssembly engine cannot be started: {0}")]
    Engine(String),
}
