//! The composition root: the only file that names every adapter. It reads top-down as the story of a start.
//!
//! The configuration is checked before the port opens. Then the port answers as Backstage's does during a start: health, and a wait for everything else.
//! What is wrong with the catalog or a component ends the process before anybody is signed in; only when nothing is, the banner is printed.

mod banner;
mod cases;
mod catalog;
mod error;
mod listen;
mod open;
mod outbound;
mod stores;
mod surroundings;
mod tokens;

use std::{collections::BTreeMap, io, path::PathBuf, sync::Arc, time::Duration};

use http::HeaderValue;

use crate::{
    audit::decision_log::LogLine,
    config::Config,
    database,
    domain::query::UserQuery,
    generation::{
        snapshot::Snapshot,
        stage::{Stage, Staged},
    },
    lifecycle::{self, Stop},
    oidc::TokenVerifier,
    outbound::names::SystemNames,
    ports::{
        catalog::Catalog,
        claims_verifier::ClaimsVerifier,
        clock::{Clock, SystemClock},
        component_ports::ComponentPorts,
        decision_log::DecisionLog,
        names::Names,
        proxy_authenticator::ProxyAuthenticator,
        random::{Random, SystemRandom},
        service_tokens::ServiceTokens,
        tables::Tables,
    },
    proxy::{developer::Developer, trust::TrustedProxy},
    sign_in::SignInPorts,
    tables::LiveTables,
    user_cookie::IssueUserCookie,
    user_info::GetUserInfo,
    wasm::{
        compile::{CompileCache, Compiler},
        engine::Engine,
        permit::SignInPermits,
    },
};

use self::{
    banner::Place,
    outbound::wire_http,
    stores::{Stores, wire_stores},
    tokens::{token_headers, wire_tokens},
};

pub use banner::summary;
pub use cases::rehearsal;
pub use catalog::WiredCatalog;
pub use error::StartError;
pub use listen::{Bound, acceptor, bind};
pub use open::{Open, open};
pub use surroundings::surroundings;

/// Built-ins that believe the profile's e-mail.
const BY_EMAIL: [&str; 2] = ["emailMatchingUserEntityProfileEmail", "emailLocalPartMatchingUserEntityName"];
/// How long a start that was stopped goes on, for those whom it kept waiting.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// How long a stop waits for user info to be stored that was put off.
const LAST_WRITES: Duration = Duration::from_secs(3);

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
    /// How components' requests find hosts.
    pub names: Arc<dyn Names>,
    /// Ports on which this process listens, besides the configured one: no request of a component reaches them.
    pub own_ports: Vec<u16>,
    /// Whether keys and user info stay in this process, whatever is configured: `check` and `try` leave the operator's database alone.
    pub in_memory: bool,
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
            names: Arc::new(SystemNames::default()),
            own_ports: Vec::new(),
            in_memory: false,
            replaced: BTreeMap::new(),
        }
    }
}

/// Every adapter, wired; nothing is staged yet.
pub struct Wired {
    /// The configuration.
    pub config: Config,
    /// Where users are looked up.
    pub catalog: Arc<WiredCatalog>,
    /// Tables that components look into.
    pub tables: Arc<LiveTables>,
    /// The ports of the sign-in.
    pub ports: Arc<SignInPorts>,
    /// How other plugins are asked.
    pub service_tokens: Arc<dyn ServiceTokens>,
    /// Where keys and user info are kept.
    pub places: String,
    /// Whose every request is, with `serve --as`.
    pub developer: Option<HeaderValue>,
    tokens: Arc<TokenVerifier>,
    stage: Stage,
}

/// Answers health, wires, stages, serves, drains.
pub async fn run(config: Config, mut options: WireOptions, bound: Bound, stop: Stop) -> Result<(), StartError> {
    let place = Place::of(&config, &bound);
    options.own_ports.extend(bound.listener.address().map(|address| address.port()));
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
    let _tending = wired.catalog.tend(stop.soon.clone()).map_err(StartError::Watch)?;
    wired.tables.tend(&stop.soon);
    let banner = banner::banner(&wired, &staged, &place);
    server.start(wired.snapshot(staged));
    eprint!("{banner}");
    lifecycle::ready(&place.to_string());
    server.ended().await;
    if tokio::time::timeout(LAST_WRITES, wired.ports.user_info.settle()).await.is_err() {
        tracing::warn!("the user info of some last sign-ins may not have been stored");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Wires and stages.
async fn start(config: Config, options: WireOptions) -> Result<(Wired, Staged), StartError> {
    let wired = wire(config, options).await?;
    let staged = wired.stage().await?;
    Ok((wired, staged))
}

/// Makes every adapter.
pub async fn wire(config: Config, options: WireOptions) -> Result<Wired, StartError> {
    let engine = Arc::new(Engine::new(&config.stagedoor.limits).map_err(|error| StartError::Engine(format!("{error:#}")))?);
    // It checks the state directory, in which a database may lie.
    let compiler = Arc::new(wire_compiler(&config, options.compiler.clone())?);
    let Stores { issuer, service_tokens, user_info, places } = wire_stores(&config, &options).await?;
    let catalog = Arc::new(WiredCatalog::wire(&config, &options.clock, Some(Arc::clone(&service_tokens))).await?);
    let developer = match &options.speaker {
        Speaker::Developer(name) => Some(name.clone()),
        Speaker::Configured | Speaker::Loopback => None,
    };
    let tables = Arc::new(LiveTables::load(&config.stagedoor.tables).await?);
    let http = wire_http(&config, &options)?;
    let tokens = wire_tokens(&config, &options.clock).map_err(StartError::Config)?;
    let claims = || Arc::clone(&tokens) as Arc<dyn ClaimsVerifier>;
    let ports = SignInPorts {
        claims: claims(),
        tables: Arc::clone(&tables) as Arc<dyn Tables>,
        proxy: wire_proxy(&config, &catalog, options.speaker).await,
        permits: Arc::new(SignInPermits::new(&config.stagedoor.limits)),
        issuer,
        user_info,
        decisions: options.decisions,
        clock: options.clock,
        random: options.random,
    };
    let component_ports =
        ComponentPorts { catalog: Arc::clone(&catalog) as Arc<dyn Catalog>, claims: claims(), tables: Arc::clone(&tables) as Arc<dyn Tables>, http };
    let stage = Stage { engine, compiler, ports: component_ports, replaced: options.replaced };
    Ok(Wired { config, catalog, tables, ports: Arc::new(ports), service_tokens, places, developer, tokens, stage })
}

fn wire_compiler(config: &Config, program: PathBuf) -> Result<Compiler, StartError> {
    let open = |path: &PathBuf| CompileCache::open(path).map_err(|source| StartError::StateDirectory { path: path.clone(), source });
    Ok(Compiler::new(program, config.stagedoor.state_dir.as_ref().map(open).transpose()?))
}

async fn wire_proxy(config: &Config, catalog: &WiredCatalog, speaker: Speaker) -> Arc<dyn ProxyAuthenticator> {
    match speaker {
        Speaker::Configured => {
            Arc::new(TrustedProxy::new(&config.stagedoor.trust, &config.backend.trust_proxy).with_tokens_in(token_headers(config)))
        }
        Speaker::Loopback => Arc::new(TrustedProxy::loopback().with_tokens_in(token_headers(config))),
        Speaker::Developer(name) => {
            let query = name.to_str().ok().and_then(|name| UserQuery::entity_ref("user", "default", name).ok());
            let user = match query {
                Some(query) => catalog.find_user(&query).await,
                None => Ok(None),
            };
            match &user {
                Ok(Some(_)) => {}
                Ok(None) => tracing::warn!(?name, "--as: the catalog has no such user, so no e-mail is sent along"),
                Err(error) => tracing::warn!(?name, "--as: no e-mail is sent along, because {error}"),
            }
            let user = user.ok().flatten();
            let email = user.and_then(|user| HeaderValue::try_from(user.profile.email.as_deref()?).ok());
            Arc::new(Developer::new(TrustedProxy::loopback().with_tokens_in(token_headers(config)), &name, email))
        }
    }
}

impl Wired {
    /// What works, though perhaps not as meant: of the catalog and of the components.
    pub fn warnings(&self, staged: &Staged) -> Vec<String> {
        let components = staged.all().flat_map(|about| about.warnings.iter().cloned());
        let address =
            self.config.stagedoor.profile.iter().filter(|_| self.config.auth.resolvers.iter().any(|item| BY_EMAIL.contains(&item.name.as_str())));
        let address = address.map(|profile| {
            format!(
                "{}: {}: {} decides the e-mail by which the chain looks users up, so it decides who they are",
                profile.origin, profile.path, profile.name
            )
        });
        self.catalog.warnings().into_iter().chain(components).chain(address).collect()
    }

    /// Why the configured database cannot be used, if that is so. Nothing is made in it.
    pub async fn database_warning(&self) -> Option<String> {
        database::probe(&self.config.database()).await.err().map(|error| error.to_string())
    }

    /// Turns every configured component into a ready one.
    pub async fn stage(&self) -> Result<Staged, StartError> {
        self.stage.run(&self.config).await.map_err(StartError::Stage)
    }

    /// The use cases over these components.
    pub fn snapshot(&self, staged: Staged) -> Snapshot {
        let timeout = self.config.stagedoor.limits.timeout;
        let sign_in = staged.sign_in(Arc::clone(&self.ports), 1, timeout, self.id_token_required());
        let ports = &self.ports;
        let (issuer, store, clock) = (Arc::clone(&ports.issuer), Arc::clone(&ports.user_info), Arc::clone(&ports.clock));
        Snapshot {
            sign_in,
            user_info: GetUserInfo { issuer: Arc::clone(&issuer), store, timeout },
            user_cookie: IssueUserCookie { issuer: Arc::clone(&issuer), clock },
            issuer,
            service_tokens: Arc::clone(&self.service_tokens),
            loaded: staged,
        }
    }

    /// Whether instances come from the pool.
    pub fn pooled(&self) -> bool {
        self.stage.engine.is_pooled()
    }

    /// What a running catalog says to a first question, if that is no answer.
    pub async fn probe_catalog(&self) -> Option<String> {
        self.catalog.probe().await
    }
}
