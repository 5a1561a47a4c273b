//! Runs the cases of a file.

use std::{net::Ipv4Addr, sync::Arc};

use super::{
    compare::{Got, differences},
    file::{Case, CaseFile},
    issuer::Remembering,
    record::Kept,
    report::{CaseReport, Report},
    world::{CaseTables, Known, Still, World},
};
use crate::{
    config::{Config, ResolverConfig},
    domain::error::SignInError,
    generation::stage::{Stage, StageError, Staged, Step},
    ports::{
        BoxFuture,
        decision_log::DecisionLog,
        permits::{Permit, Permits},
        proxy_authenticator::{Peer, ProxyAuthenticator},
    },
    proxy::trust::TrustedProxy,
    sign_in::{SignIn, SignInPorts},
    wasm::{compile::Compiler, engine::Engine},
};

/// Runs cases: what components are made with, and a configuration that they would run in.
pub struct Rehearsal {
    engine: Arc<Engine>,
    compiler: Arc<Compiler>,
    config: Config,
}

impl Rehearsal {
    /// A compiler that remembers compiles each component once, and not once for each case.
    pub fn new(engine: Arc<Engine>, compiler: Arc<Compiler>, config: Config) -> Self {
        Self { engine, compiler, config }
    }

    /// Runs the cases about this component one after the other, each in a world of its own.
    ///
    /// Settings and grants are those of the file, and where it states none those of the configuration. An error says why no case can be run: the component
    /// cannot be loaded, whatever its settings.
    pub async fn run(&self, component: &str, file: &CaseFile) -> Result<Report, Vec<StageError>> {
        let (mut digest, mut cases) = (None, Vec::new());
        for (nth, case) in (0..).zip(&file.cases) {
            let world = World::new(Arc::clone(&case.given));
            let config = self.config(component, file, case);
            let (outcome, record) = match self.stage(&world).run(&config).await {
                Ok(staged) => {
                    digest = staged.all().find(|about| about.name == component).map(|about| about.digest.to_string());
                    sign_in(&config, case, staged, nth).await
                }
                Err(errors) if errors.iter().all(|error| error.step == Step::Settings) => {
                    let why: Vec<_> = errors.iter().map(|error| format!("{}: {}", error.path, error.message)).collect();
                    (Got::NotLoaded(why.join("; ")), Vec::new())
                }
                Err(errors) => return Err(errors),
            };
            let (differences, faults) = (differences(&case.expected, &outcome), world.unanswered());
            cases.push(CaseReport { name: case.name.clone(), passed: differences.is_empty() && faults.is_empty(), differences, faults, record });
        }
        Ok(Report { component: component.to_owned(), file: file.path.display().to_string(), digest, cases })
    }

    /// The steps of a server's start, over this world.
    fn stage(&self, world: &Arc<World>) -> Stage {
        let (engine, compiler) = (Arc::clone(&self.engine), Arc::clone(&self.compiler));
        Stage { engine, compiler, ports: world.ports(), replaced: [].into() }
    }

    /// The configuration with what the case decides about this component. Of the resolvers it is asked alone; a profile or an ownership component stands
    /// where it stands.
    fn config(&self, component: &str, file: &CaseFile, case: &Case) -> Config {
        let mut config = self.config.clone();
        let beside = [&mut config.stagedoor.profile, &mut config.stagedoor.ownership];
        match beside.into_iter().flatten().find(|item| item.name == component) {
            Some(item) => decide(item, file, case),
            None => {
                let configured = config.auth.resolvers.iter().find(|item| item.name == component).cloned();
                let mut item = configured.unwrap_or_else(|| ResolverConfig::from_argument(component, component));
                decide(&mut item, file, case);
                config.auth.resolvers = vec![item];
            }
        }
        if let (Some(component), Some(grants)) = (config.stagedoor.components.get_mut(component), &case.given.grants) {
            (component.grants, component.path, component.origin) = (grants.clone(), "given".into(), file.origin());
        }
        config
    }
}

/// Gives the component the settings of the case, if it states any.
fn decide(item: &mut ResolverConfig, file: &CaseFile, case: &Case) {
    if let Some(settings) = &case.given.settings {
        (item.settings, item.path, item.origin) = (settings.clone(), "given.settings".into(), file.origin());
    }
}

/// The whole sign-in.
async fn sign_in(config: &Config, case: &Case, staged: Staged, nth: u64) -> (Got, Vec<String>) {
    let given = &case.given;
    let (issuer, kept) = (Arc::new(Remembering::default()), Arc::new(Kept::default()));
    let ports = SignInPorts {
        proxy: proxy(config, given.peer),
        permits: Arc::new(Free),
        tables: Arc::new(CaseTables(Arc::clone(given))),
        issuer: Arc::clone(&issuer) as Arc<_>,
        user_info: Arc::clone(&issuer) as Arc<_>,
        decisions: Arc::clone(&kept) as Arc<dyn DecisionLog>,
        clock: Arc::new(Still(given.clock)),
        random: Arc::new(Known(nth)),
    };
    let sign_in = SignIn {
        ports: Arc::new(ports),
        profile: staged.profile.map(|staged| staged.component),
        resolvers: staged.resolvers.into_iter().map(|staged| staged.component).collect(),
        ownership: staged.ownership.map(|staged| staged.component),
        generation: 0,
        timeout: config.stagedoor.limits.timeout,
    };
    let peer = given.peer.unwrap_or(Peer::Address(Ipv4Addr::LOCALHOST.into()));
    let (_, result) = sign_in.sign_in(peer, &given.headers).await;
    let record = kept.record();
    let got = match result {
        Ok(signed_in) => Got::SignedIn { user: signed_in.user, ownership: signed_in.ownership, profile: signed_in.profile, claims: issuer.claims() },
        Err(_) if record.exhausted => Got::NotFound,
        Err(error) => Got::Refused(error),
    };
    (got, record.lines)
}

/// A case that does not say who sends the request is not about that: whoever sends it is trusted.
fn proxy(config: &Config, peer: Option<Peer>) -> Arc<dyn ProxyAuthenticator> {
    Arc::new(match peer {
        None => TrustedProxy::loopback(),
        Some(_) => TrustedProxy::new(&config.stagedoor.trust, &config.backend.trust_proxy),
    })
}

/// One case runs at a time.
struct Free;

impl Permits for Free {
    fn try_acquire(&self) -> Option<Permit> {
        Some(Permit::new(()))
    }

    fn acquire(&self) -> BoxFuture<'_, Result<Permit, SignInError>> {
        Box::pin(std::future::ready(Ok(Permit::new(()))))
    }
}
