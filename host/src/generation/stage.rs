//! From the configuration to resolvers that can be asked: the only place that turns a configured component into a ready one.
//!
//! `serve`, `check` and `try` all go through these steps, so what one of them accepts the others accept. Every problem of every resolver is
//! reported; none is loaded unless all are.

mod compile;
mod digest;
mod fetch;
mod link;
mod settings;
mod tables;
mod warm;

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};

use crate::{
    config::{self, Config, ResolverConfig},
    domain::grant::Power,
    ports::{component_ports::ComponentPorts, resolver::Resolver},
    wasm::{compile::Compiler, engine::Engine},
};

pub use fetch::Origin;

/// The steps, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The bytes are read.
    Fetch,
    /// Their digest is compared with the configured one.
    Digest,
    /// They are compiled.
    Compile,
    /// Imports, exports and powers are checked and linked.
    Link,
    /// The settings are compared with the component's schema.
    Settings,
    /// One instance is made.
    Warm,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fetch => "fetch",
            Self::Digest => "digest",
            Self::Compile => "compile",
            Self::Link => "link",
            Self::Settings => "settings",
            Self::Warm => "warm",
        })
    }
}

/// Why one resolver is refused.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: {path}: resolver {resolver}, step {step}: {message}")]
pub struct StageError {
    /// The file that configures it.
    pub origin: config::Origin,
    /// The key path there.
    pub path: String,
    /// Its name.
    pub resolver: String,
    /// Where it failed.
    pub step: Step,
    /// What is wrong and what to do.
    pub message: String,
}

/// A resolver that passed every step.
pub struct StagedResolver {
    /// Ready to be asked.
    pub resolver: Arc<dyn Resolver>,
    /// Where its bytes came from.
    pub origin: Origin,
    /// SHA-256 of its bytes.
    pub digest: Arc<str>,
    /// Its own version, from `describe`.
    pub version: String,
    /// The powers it asks for, with what was decided.
    pub powers: Vec<(Power, &'static str)>,
    /// Whether compiled code was in the cache.
    pub cached: bool,
    /// The headers that it says it reads.
    pub headers: Vec<String>,
    /// What works, though perhaps not as meant: one line each.
    pub warnings: Vec<String>,
}

/// What staging needs.
pub struct Stage {
    /// Where instances will live.
    pub engine: Arc<Engine>,
    /// Compiles.
    pub compiler: Arc<Compiler>,
    /// What the host functions of components will ask.
    pub ports: ComponentPorts,
    /// Components by name that replace the configured source, as `try --resolver` says.
    pub replaced: BTreeMap<String, PathBuf>,
}

impl Stage {
    /// Stages every resolver of the configuration, in order.
    pub async fn run(&self, config: &Config) -> Result<Vec<StagedResolver>, Vec<StageError>> {
        let (mut staged, mut errors) = (Vec::new(), Vec::new());
        for resolver in &config.auth.resolvers {
            match self.resolver(config, resolver).await {
                Ok(resolver) => staged.push(resolver),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(staged) } else { Err(errors) }
    }

    async fn resolver(&self, config: &Config, item: &ResolverConfig) -> Result<StagedResolver, StageError> {
        let fetched = fetch::run(self, config, item).await?;
        let digest = digest::run(&fetched)?;
        let compiled = compile::run(self, &fetched, &digest).await?;
        let linked = link::run(self, item, &fetched, &compiled, digest.clone()).await?;
        tables::run(self, &fetched, &linked)?;
        let warnings = settings::run(item, &fetched, &linked)?;
        warm::run(&fetched, &linked).await?;
        let decided = |power: &Power| (*power, linked.resolver.grants().decided(*power).unwrap_or("undecided"));
        Ok(StagedResolver {
            powers: linked.powers.iter().map(decided).collect(),
            version: linked.description.version,
            resolver: Arc::new(linked.resolver),
            origin: fetched.origin,
            digest,
            cached: compiled.cached,
            headers: linked.description.headers,
            warnings,
        })
    }
}
