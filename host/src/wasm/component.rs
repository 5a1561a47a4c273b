//! From bytes to a component that can be asked, in steps that can each refuse: inspect, link, describe, check settings, warm up.
//!
//! `generation::stage` calls them in order. A component that passed them all can be called; one that did not never existed.

mod describe;
mod imports;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde_json::Value;
use wasmtime::{
    Store,
    component::{Component, Linker},
};

use crate::{
    domain::{
        component_kind::ComponentKind,
        decision::{Attempt, DecisionId},
        grant::{Grants, Power},
        headers::{Headers, SensitiveHeaders},
        profile::Profile,
    },
    ports::{
        component_ports::ComponentPorts,
        resolver::{SignInRequest, Spent},
        tables::NoTables,
    },
};

use super::{
    call::Loaded,
    compile::Compiled,
    engine::Engine,
    host_functions, nowhere,
    powers::{self, Gate},
    store::{Permissions, State},
};

pub use describe::Description;

/// Seconds that `describe` and the first instantiation may take.
const LOAD_TIMEOUT: Duration = Duration::from_secs(5);

/// Why a component is refused. The message says what to do; whose component it is, the caller adds.
#[derive(Debug, thiserror::Error)]
pub enum ComponentError {
    /// The bytes are no component.
    #[error("{0}")]
    NotAComponent(String),
    /// It imports or exports something else than the contract.
    #[error("{0}")]
    WrongWorld(String),
    /// It imports a power that nobody decided.
    #[error("{}", undecided(.powers, .config_path))]
    Undecided {
        /// Which, all of them.
        powers: Vec<Power>,
        /// Where the decisions stand.
        config_path: String,
    },
    /// `describe` failed.
    #[error("describe failed: {0}")]
    Describe(String),
    /// The settings are not what `describe` asks for. One problem a line.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Settings(Vec<SettingsError>),
    /// The first instantiation failed.
    #[error("it cannot be instantiated: {0}")]
    Instantiate(String),
}

/// One sentence for each.
fn undecided(powers: &[Power], config_path: &str) -> String {
    let decision = |power: &Power| if *power == Power::Groups { "`grant` or `deny`" } else { "its bounds, or `deny`" };
    let sentence =
        |power: &Power| format!("it imports the power {power}, which nobody decided: write `{config_path}.{power}` with {}", decision(power));
    powers.iter().map(sentence).collect::<Vec<_>>().join("; ")
}

/// One problem in the settings.
#[derive(Debug)]
pub struct SettingsError {
    /// Below the item of the resolver: `.allowedDomains[0]`.
    pub path: String,
    /// What was expected.
    pub message: String,
}

/// A compiled component whose imports are known.
pub struct Inspected {
    kind: ComponentKind,
    component: Component,
    /// The powers that it imports.
    pub powers: Vec<Power>,
}

/// Everything that is decided about a component outside of its bytes.
pub struct Setup {
    /// The name by which the configuration asks it.
    pub name: Arc<str>,
    /// `sha256:…`.
    pub digest: Arc<str>,
    /// Its other keys there.
    pub settings: Value,
    /// The decisions about its powers.
    pub grants: Grants,
    /// Where they stand.
    pub config_path: String,
    /// What its host functions ask.
    pub ports: ComponentPorts,
}

/// What the bytes are if they are no component; the compiler looks at the rest.
pub fn not_a_component(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        // `\0asm`, then version and layer: https://github.com/WebAssembly/component-model, Binary.md
        [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, ..] => {
            Some("a core module, not a component: build it for wasm32-wasip2, or make a component of it")
        }
        [0x00, 0x61, 0x73, 0x6d, _, _, 0x01, 0x00, ..] => None,
        [0x00, 0x61, 0x73, 0x6d, ..] => Some("cut short, or of a version that is not known here"),
        [] => Some("empty"),
        _ => Some("not WebAssembly in binary form"),
    }
}

/// Reads back compiled code and looks at what the component, which is asked as one of that kind, wants from its host.
#[expect(unsafe_code, reason = "compiled code is native code: it comes from our own child or a sealed cache (compile.rs), never from a user")]
pub fn inspect(engine: &Engine, kind: ComponentKind, compiled: &Compiled) -> Result<Inspected, ComponentError> {
    // SAFETY: `Compiled` is only made by `Compiler`, out of our own child's output or out of a cache file whose seal was checked.
    let component = unsafe { Component::deserialize(&engine.engine, &compiled.code) };
    let component = component.map_err(|error| {
        ComponentError::NotAComponent(format!("it does not fit into this host, where each component has stagedoor.limits.memory: {error:#}"))
    })?;
    let powers = imports::check(&engine.engine, kind, &component)?;
    Ok(Inspected { kind, component, powers })
}

impl Inspected {
    /// The document that the component says about itself. It runs without any of our imports.
    pub async fn describe(&self, engine: &Engine) -> Result<Description, ComponentError> {
        describe::call(engine, self.kind, &self.component).await
    }

    /// Compares the powers asked for with those decided and links the component.
    pub fn link(&self, engine: &Arc<Engine>, setup: Setup) -> Result<Loaded, ComponentError> {
        let powers = powers::undecided(&self.powers, &setup.grants);
        if !powers.is_empty() {
            return Err(ComponentError::Undecided { powers, config_path: setup.config_path });
        }
        let mut linker = Linker::new(&engine.engine);
        let pre = host_functions::link(&mut linker).and_then(|()| linker.instantiate_pre(&self.component));
        let pre = pre.map_err(|error| ComponentError::wrong_world(&error))?;
        let permissions = Permissions {
            settings: setup.settings.to_string(),
            gate: Gate::new(setup.grants, setup.config_path),
            ports: setup.ports,
            budget: engine.budget,
        };
        let (engine, permissions) = (Arc::clone(engine), Arc::new(permissions));
        Ok(Loaded { kind: self.kind, name: setup.name, digest: setup.digest, engine, pre, permissions })
    }
}

impl ComponentError {
    /// What wasmtime says when imports or exports are not of the types of the contract.
    pub(super) fn wrong_world(error: &wasmtime::Error) -> Self {
        Self::WrongWorld(format!("{error:#}"))
    }
}

/// A store in which nothing of ours can be called: for `describe`.
pub(super) fn load_store(engine: &Engine) -> Store<State> {
    let permissions =
        Permissions { settings: String::new(), gate: Gate::new(Grants::deny_all(), String::new()), ports: nowhere::ports(), budget: engine.budget };
    State::store(engine, nobodys_request(), Arc::new(permissions), Attempt::new("".into(), None))
}

/// A request for the moments at load when a store is needed and nobody is signing in.
pub(super) fn nobodys_request() -> Arc<SignInRequest> {
    Arc::new(SignInRequest {
        decision: DecisionId([0; 16]),
        headers: Headers::default(),
        sensitive: SensitiveHeaders::default(),
        id_token_claims: None,
        profile: Profile::default(),
        own_profile: OnceLock::new(),
        tables: Arc::new(NoTables),
        time: 0,
        deadline: std::time::Instant::now() + LOAD_TIMEOUT,
        spent: Spent::default(),
    })
}

impl std::fmt::Display for SettingsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
