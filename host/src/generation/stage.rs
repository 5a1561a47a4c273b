//! From the configuration to components that can be asked: the only place that turns a configured component into a ready one.
//!
//! `serve`, `check` and `try` all go through these steps, so what one of them accepts the others accept. Every problem of every component is
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
    domain::{component_kind::ComponentKind, grant::Power},
    ports::{component_ports::ComponentPorts, ownership_resolver::OwnershipResolver, profile_transform::ProfileTransform, resolver::Resolver},
    wasm::{ComponentOwnership, ComponentProfile, ComponentResolver, ReadyComponent, compile::Compiler, engine::Engine},
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

/// Why one component is refused.
#[derive(Debug, thiserror::Error)]
#[error("{origin}: {path}: {} {resolver}, step {step}: {message}", kind.noun())]
pub struct StageError {
    /// The file that configures it.
    pub origin: config::Origin,
    /// The key path there.
    pub path: String,
    /// What it is asked as.
    pub kind: ComponentKind,
    /// Its name.
    pub resolver: String,
    /// Where it failed.
    pub step: Step,
    /// What is wrong and what to do.
    pub message: String,
}

/// Every component of a generation.
#[derive(Default)]
pub struct Staged {
    /// `stagedoor.profile`.
    pub profile: Option<StagedComponent<dyn ProfileTransform>>,
    /// `signIn.resolvers`, in order.
    pub resolvers: Vec<StagedResolver>,
    /// `stagedoor.ownership`.
    pub ownership: Option<StagedComponent<dyn OwnershipResolver>>,
}

/// A component that passed every step.
pub struct StagedComponent<C: ?Sized> {
    /// Ready to be asked.
    pub component: Arc<C>,
    /// What it is.
    pub about: About,
}

/// An item of `signIn.resolvers` that passed every step.
pub type StagedResolver = StagedComponent<dyn Resolver>;

/// What is known of a component that passed every step.
#[derive(Debug, Clone)]
pub struct About {
    /// What it is asked as.
    pub kind: ComponentKind,
    /// The name by which the configuration asks it.
    pub name: String,
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

impl Staged {
    /// All of them, in the order in which a sign-in asks them.
    pub fn all(&self) -> impl Iterator<Item = &About> {
        let profile = self.profile.iter().map(|staged| &staged.about);
        let resolvers = self.resolvers.iter().map(|staged| &staged.about);
        profile.chain(resolvers).chain(self.ownership.iter().map(|staged| &staged.about))
    }
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
    /// Stages every component of the configuration, in order.
    pub async fn run(&self, config: &Config) -> Result<Staged, Vec<StageError>> {
        let (mut staged, mut errors) = (Staged::default(), Vec::new());
        if let Some(item) = &config.stagedoor.profile {
            let component = self.component::<ComponentProfile>(config, item).await;
            staged.profile = kept(component, &mut errors).map(|(component, about)| StagedComponent { component: Arc::new(component) as _, about });
        }
        for item in &config.auth.resolvers {
            let component = self.component::<ComponentResolver>(config, item).await;
            let resolver = kept(component, &mut errors).map(|(component, about)| StagedComponent { component: Arc::new(component) as _, about });
            staged.resolvers.extend(resolver);
        }
        if let Some(item) = &config.stagedoor.ownership {
            let component = self.component::<ComponentOwnership>(config, item).await;
            staged.ownership = kept(component, &mut errors).map(|(component, about)| StagedComponent { component: Arc::new(component) as _, about });
        }
        if errors.is_empty() { Ok(staged) } else { Err(errors) }
    }

    async fn component<C: ReadyComponent>(&self, config: &Config, item: &ResolverConfig) -> Result<(C, About), StageError> {
        let fetched = fetch::run(self, config, C::KIND, item).await?;
        let digest = digest::run(&fetched)?;
        let compiled = compile::run(self, &fetched, &digest).await?;
        let linked = link::run::<C>(self, item, &fetched, &compiled, digest.clone()).await?;
        tables::run(self, &fetched, &linked.description)?;
        let warnings = settings::run(C::KIND, item, &fetched, &linked.description)?;
        warm::run(&fetched, linked.component.loaded()).await?;
        let decided = |power: &Power| (*power, linked.component.loaded().grants().decided(*power).unwrap_or("undecided"));
        let about = About {
            kind: C::KIND,
            name: item.name.clone(),
            powers: linked.powers.iter().map(decided).collect(),
            version: linked.description.version,
            origin: fetched.origin,
            digest,
            cached: compiled.cached,
            headers: linked.description.headers,
            warnings,
        };
        Ok((linked.component, about))
    }
}

/// The value; an error is kept for the end.
fn kept<T, E>(result: Result<T, E>, errors: &mut Vec<E>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}
