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
    config::{Config, IdTokenTrust, ResolverConfig},
    domain::{component_kind::ComponentKind, error::SignInError},
    generation::stage::{Stage, StageError, Staged, Step},
    ports::{
        BoxFuture,
        claims_verifier::ClaimsVerifier,
        decision_log::DecisionLog,
        permits::{Permit, Permits},
        proxy_authenticator::{Peer, ProxyAuthenticator},
    },
    proxy::trust::TrustedProxy,
    sign_in::SignInPorts,
    wasm::{compile::Compiler, engine::Engine},
};

/// Who is asked who it is, where a case is about something else and does not say.
const DEFAULT_RESOLVER: &str = "forwardedUserMatchingUserEntityName";

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
                    sign_in(&config, case, &world, &staged, nth).await
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

    /// The configuration with this component alone, with what the case decides about it.
    fn config(&self, component: &str, file: &CaseFile, case: &Case) -> Config {
        let mut config = self.config.clone();
        let item = self.item(component, file, case);
        if let (Some(component), Some(grants)) = (config.stagedoor.components.get_mut(component), &case.given.grants) {
            (component.grants, component.path, component.origin) = (grants.clone(), "given".into(), file.origin());
        }
        let (mut resolvers, mut profile, mut ownership) = (Vec::new(), None, None);
        match file.kind {
            ComponentKind::Resolver => resolvers.push(item),
            ComponentKind::Profile => profile = Some(item),
            ComponentKind::Ownership => ownership = Some(item),
        }
        resolvers.extend(case.given.resolvers.iter().cloned());
        if resolvers.is_empty() {
            resolvers.push(ResolverConfig::from_argument(DEFAULT_RESOLVER, "given.resolvers"));
        }
        (config.auth.resolvers, config.stagedoor.profile, config.stagedoor.ownership) = (resolvers, profile, ownership);
        config
    }

    /// How it is asked: with the settings of the case, or as it is configured.
    fn item(&self, component: &str, file: &CaseFile, case: &Case) -> ResolverConfig {
        let stagedoor = &self.config.stagedoor;
        let configured = match file.kind {
            ComponentKind::Resolver => self.config.auth.resolvers.iter().find(|item| item.name == component),
            ComponentKind::Profile => stagedoor.profile.as_ref().filter(|item| item.name == component),
            ComponentKind::Ownership => stagedoor.ownership.as_ref().filter(|item| item.name == component),
        };
        let mut item = configured.cloned().unwrap_or_else(|| ResolverConfig::from_argument(component, component));
        if let Some(settings) = &case.given.settings {
            (item.settings, item.path, item.origin) = (settings.clone(), "given.settings".into(), file.origin());
        }
        item
    }
}

/// The whole sign-in.
async fn sign_in(config: &Config, case: &Case, world: &Arc<World>, staged: &Staged, nth: u64) -> (Got, Vec<String>) {
    let given = &case.given;
    let (issuer, kept) = (Arc::new(Remembering::default()), Arc::new(Kept::default()));
    let ports = SignInPorts {
        proxy: proxy(config, given.peer),
        permits: Arc::new(Free),
        claims: Arc::clone(world) as Arc<dyn ClaimsVerifier>,
        tables: Arc::new(CaseTables(Arc::clone(given))),
        issuer: Arc::clone(&issuer) as Arc<_>,
        user_info: Arc::clone(&issuer) as Arc<_>,
        decisions: Arc::clone(&kept) as Arc<dyn DecisionLog>,
        clock: Arc::new(Still(given.clock)),
        random: Arc::new(Known(nth)),
    };
    // A case that does not say who sends the request is not about what the proxy has to bring along.
    let id_token_required = given.peer.is_some() && config.stagedoor.trust.id_token == IdTokenTrust::Required;
    let sign_in = staged.sign_in(Arc::new(ports), 0, config.stagedoor.limits.timeout, id_token_required);
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
    let trusted = match peer {
        None => TrustedProxy::loopback(),
        Some(_) => TrustedProxy::new(&config.stagedoor.trust, &config.backend.trust_proxy),
    };
    // What no component reads in the server, none reads here.
    Arc::new(trusted.with_tokens_in(config.stagedoor.tokens.values().map(|token| token.header.clone())))
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
