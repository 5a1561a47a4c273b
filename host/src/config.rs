//! The configuration: Backstage's app-config, loaded by Backstage's rules, and our own section `stagedoor` in it.
//!
//! A team's app-config works as it is: keys that stagedoor does not read are ignored, except in its own section, where each is an error. All
//! faults are reported at once, each with the file, the key path and what to do; none of them, and no `Debug` output, holds a secret.

mod byte_size;
mod duration;
mod env;
mod error;
mod include;
mod key_path;
mod load;
mod merge;
mod origin;
mod read;
pub mod schema;
mod sections;
mod spelling;
mod substitute;
mod tree;
mod yaml;

use std::{collections::BTreeMap, path::PathBuf};

use self::{error::Report, load::Loaded, read::Field};

pub use self::{
    error::{ConfigError, ConfigErrors},
    origin::Origin,
    sections::{
        auth::{AuthConfig, ResolverConfig},
        backend::BackendConfig,
        catalog::{CatalogConfig, FileLocation},
        components::ComponentConfig,
        limits::LimitsConfig,
        listen::ListenAddress,
        stagedoor::{CatalogSource, StagedoorConfig},
        trust::TrustConfig,
    },
};

/// Where configuration comes from.
#[derive(Clone)]
pub struct ConfigSources {
    /// What `--config` named, in order; if empty, the default files count.
    pub files: Vec<PathBuf>,
    /// The working directory: the default files are looked for here.
    pub directory: PathBuf,
    /// The environment, which fills in variables and makes a layer of its own.
    pub environment: BTreeMap<String, String>,
}

impl ConfigSources {
    /// The working directory and the environment of this process.
    pub fn from_system(files: Vec<PathBuf>) -> Self {
        let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let environment = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        Self { files, directory, environment }
    }
}

/// Everything that was configured, checked as far as it can be without opening what it names.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where Backstage is.
    pub backend: BackendConfig,
    /// Who signs in, and with which token.
    pub auth: AuthConfig,
    /// Where users stand.
    pub catalog: CatalogConfig,
    /// Our own section.
    pub stagedoor: StagedoorConfig,
    /// What works, though perhaps not as meant: one line each.
    pub warnings: Vec<String>,
    /// Every file that was read, included ones too, as absolute paths in the order of reading.
    pub files: Vec<PathBuf>,
}

impl Config {
    /// Loads and checks the configuration, or says everything that is wrong with it.
    pub fn load(sources: &ConfigSources) -> Result<Self, ConfigErrors> {
        let report = Report::default();
        let Loaded { tree, files } = load::load(sources, &report);
        // What the sections hold is not known until every file is read: a fault now would only lead to false ones.
        report.finish()?;
        let root = Field::root(&tree, &report);
        let stagedoor = StagedoorConfig::read(&root.key("stagedoor"));
        let backend = BackendConfig::read(&root, &stagedoor.listen);
        let auth = AuthConfig::read(&root.key("auth"));
        let catalog = CatalogConfig::read(&root.key("catalog"));
        let warnings = report.finish()?;
        Ok(Self { backend, auth, catalog, stagedoor, warnings, files })
    }
}
