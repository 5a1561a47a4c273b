//! The composition root: the only file that names every adapter. It reads top-down as the story of a start.
//!
//! The configuration is checked before the port opens. Then the port answers as Backstage's does during a start: health, and a wait for everything else.
//! What is wrong with the catalog or a component ends the process before anybody is signed in; only when nothing is, the banner is printed.

mod banner;
mod error;
mod listen;
mod open;

use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc, time::Duration};

use http::HeaderValue;

use crate::{
    audit::decision_log::LogLine,
    catalog::file::{CatalogLocation, FileCatalog, Watch},
    config::{Config, FileLocation},
    domain::query::UserQuery,
    generation::{
        snapshot::Snapshot,
        stage::{Stage, StagedResolver},
    },
    lifecycle::{self, Stop},
    ports::{
        catalog::Catalog,
        clock::{Clock, SystemClock},
        decision_log::DecisionLog,
        proxy_authenticator::ProxyAuthenticator,
        random::{Random, SystemRandom},
    },
    proxy::{developer::Developer, trust::TrustedProxy},
    sign_in::{SignIn, SignInPorts},
    tokens::{
        issuer::{BackstageTokens, TokenOptions},
        user_info::UserInfoInMemory,
    },
    user_info::GetUserInfo,
    wasm::{
        compile::{CompileCache, Compiler},
        engine::Engine,
        permit::SignInPermits,
    },
};

use banner::Place;

pub use banner::summary;
pub use error::StartError;
pub use listen::{Bound, acceptor, bind};
pub use open::{Open, open};

/// How often the catalog's files are looked at.
const CATALOG_POLL: Duration = Duration::from_secs(1);
/// How long a start that was stopped goes on, for those whom it kept waiting.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Who speaks for users.
pub enum Speaker {
    /// Whom `stagedoor.trust` names.
    Configured,
    /// This process itself: `try`.
    Loopback,
    /// A developer: `serve --as`.
    Developer(HeaderValue),
}

/// What differs between a server, a check, a try and a test.
pub struct WireOptions {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// Where decisions go.
    pub decisions: Arc<dyn DecisionLog>,
    /// Who speaks.
    pub speaker: Speaker,
    /// The binary whose hidden command compiles.
    pub compiler: PathBuf,
    /// Components whose source is replaced.
    pub replaced: BTreeMap<String, PathBuf>,
}

impl WireOptions {
    /// What the binary uses: the system's clock, its own file as the compiler.
    pub fn for_this_binary() -> io::Result<Self> {
        Ok(Self::with_compiler(Compiler::own_program()?))
    }

    /// The same with another binary as the compiler.
    pub fn with_compiler(compiler: PathBuf) -> Self {
        Self {
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            decisions: Arc::new(LogLine),
            speaker: Speaker::Configured,
            compiler,
            replaced: BTreeMap::new(),
        }
    }
}

/// Every adapter, wired; nothing is staged yet.
pub struct Wired {
    /// The configuration.
    pub config: Config,
    /// The catalog, read once.
    pub catalog: Arc<FileCatalog>,
    /// The ports of the sign-in.
    pub ports: Arc<SignInPorts>,
    /// Whose every request is, with `serve --as`.
    pub developer: Option<HeaderValue>,
    stage: Stage,
}

/// Answers health, wires, stages, serves, drains.
pub async fn run(config: Config, options: WireOptions, bound: Bound, stop: Stop) -> Result<(), StartError> {
    let place = Place::of(&config, &bound);
    let server = open(&config, bound, stop.clone());
    let (wired, staged) = tokio::select! {
        started = start(config, options) => started?,
        () = stop.soon.cancelled() => {
            // Who waits for the start is told that there will be none.
            let _ = tokio::time::timeout(LAST_WORDS, server.ended()).await;
            tracing::info!("stopped before it served");
            return Ok(());
        }
    };
    for warning in wired.warnings(&staged) {
        tracing::warn!("{warning}");
    }
    let _watch = wired.watch_catalog().map_err(StartError::Watch)?;
    let banner = banner::banner(&wired, &staged, &place);
    server.start(wired.snapshot(staged));
    eprint!("{banner}");
    lifecycle::ready(&place.to_string());
    server.ended().await;
    tracing::info!("stopped");
    Ok(())
}

/// Wires and stages.
async fn start(config: Config, options: WireOptions) -> Result<(Wired, Vec<StagedResolver>), StartError> {
    let wired = wire(config, options).await?;
    let staged = wired.stage().await?;
    Ok((wired, staged))
}

/// Makes every adapter.
pub async fn wire(config: Config, options: WireOptions) -> Result<Wired, StartError> {
    let engine = Arc::new(Engine::new(&config.stagedoor.limits).map_err(|error| StartError::Engine(format!("{error:#}")))?);
    let catalog = wire_catalog(&config).await?;
    let tokens = wire_tokens(&config, &options);
    let compiler = wire_compiler(&config, options.compiler)?;
    let developer = match &options.speaker {
        Speaker::Developer(name) => Some(name.clone()),
        Speaker::Configured | Speaker::Loopback => None,
    };
    let ports = SignInPorts {
        proxy: wire_proxy(&config, &catalog, options.speaker),
        permits: Arc::new(SignInPermits::new(&config.stagedoor.limits)),
        issuer: Arc::new(tokens),
        user_info: Arc::new(UserInfoInMemory::default()),
        decisions: options.decisions,
        clock: options.clock,
        random: options.random,
    };
    let stage = Stage { engine, compiler, catalog: Arc::clone(&catalog) as Arc<dyn Catalog>, replaced: options.replaced };
    Ok(Wired { config, catalog, ports: Arc::new(ports), developer, stage })
}

fn wire_tokens(config: &Config, options: &WireOptions) -> BackstageTokens {
    let looks = TokenOptions {
        issuer: config.backend.auth_external_url(),
        lifetime: config.auth.token_expiration,
        algorithm: config.auth.token_algorithm,
        with_ownership: config.auth.token_with_ownership,
    };
    BackstageTokens::new(looks, Arc::clone(&options.clock), Arc::clone(&options.random))
}

/// Reading a large catalog takes its time, so it happens where it does not keep a stop from being noticed.
async fn wire_catalog(config: &Config) -> Result<Arc<FileCatalog>, StartError> {
    let location = |FileLocation { target, origin, named_by }: FileLocation| CatalogLocation { target, origin, named_by };
    let working_directory = std::env::current_dir().unwrap_or_default();
    let locations = config.catalog.locations.iter().cloned().map(location).collect();
    match tokio::task::spawn_blocking(move || FileCatalog::load(locations, working_directory)).await {
        Ok(loaded) => Ok(Arc::new(loaded?)),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

fn wire_compiler(config: &Config, program: PathBuf) -> Result<Compiler, StartError> {
    let open = |path: &PathBuf| CompileCache::open(path).map_err(|source| StartError::StateDirectory { path: path.clone(), source });
    Ok(Compiler::new(program, config.stagedoor.state_dir.as_ref().map(open).transpose()?))
}

fn wire_proxy(config: &Config, catalog: &FileCatalog, speaker: Speaker) -> Arc<dyn ProxyAuthenticator> {
    match speaker {
        Speaker::Configured => Arc::new(TrustedProxy::new(&config.stagedoor.trust, &config.backend.trust_proxy)),
        Speaker::Loopback => Arc::new(TrustedProxy::loopback()),
        Speaker::Developer(name) => {
            let query = name.to_str().ok().and_then(|name| UserQuery::entity_ref("user", "default", name).ok());
            let user = query.and_then(|query| catalog.find(&query).ok().flatten());
            if user.is_none() {
                tracing::warn!(?name, "--as: the catalog has no such user, so no e-mail is sent along");
            }
            let email = user.and_then(|user| HeaderValue::try_from(user.profile.email.as_deref()?).ok());
            Arc::new(Developer::new(TrustedProxy::loopback(), &name, email))
        }
    }
}

impl Wired {
    /// What works, though perhaps not as meant: of the catalog and of the resolvers.
    pub fn warnings(&self, staged: &[StagedResolver]) -> Vec<String> {
        let resolvers = staged.iter().flat_map(|staged| staged.warnings.iter().cloned());
        self.catalog.warnings().into_iter().chain(resolvers).collect()
    }

    /// Turns every configured resolver into a ready one.
    pub async fn stage(&self) -> Result<Vec<StagedResolver>, StartError> {
        self.stage.run(&self.config).await.map_err(StartError::Stage)
    }

    /// The use cases over these resolvers.
    pub fn snapshot(&self, staged: Vec<StagedResolver>) -> Snapshot {
        let resolvers = staged.iter().map(|staged| Arc::clone(&staged.resolver)).collect();
        let (ports, timeout) = (Arc::clone(&self.ports), self.config.stagedoor.limits.timeout);
        let (issuer, store) = (Arc::clone(&ports.issuer), Arc::clone(&ports.user_info));
        Snapshot {
            sign_in: SignIn { ports, resolvers, generation: 1, timeout },
            user_info: GetUserInfo { issuer: Arc::clone(&issuer), store },
            issuer,
            loaded: staged,
        }
    }

    /// Whether instances come from the pool.
    pub fn pooled(&self) -> bool {
        self.stage.engine.is_pooled()
    }

    /// Reads the catalog again whenever its files change, as long as the guard lives.
    pub fn watch_catalog(&self) -> io::Result<Watch> {
        self.catalog.watch(CATALOG_POLL)
    }
}
