//! The sign-in below the router, where a test sees the decision record and can replace what the server asks.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use stagedoor::{
    domain::{
        decision::{Attempt, Decision, Outcome},
        error::{Blame, SignInError},
        grant::Power,
    },
    generation::stage::{Stage, Staged},
    ports::{catalog::Catalog, component_ports::ComponentPorts, decision_log::DecisionLog, proxy_authenticator::Peer, random::Random},
    sign_in::{SignIn, SignInPorts, SignedIn},
    wasm::{
        compile::{CompileCache, Compiler},
        engine::Engine,
    },
};

use crate::{App, binary, state_directory};

/// The use case of an [`App`], with a log of decisions that the test reads.
pub struct Door {
    sign_in: SignIn,
    records: Arc<Records>,
}

/// What the decision record held.
#[derive(Debug, Clone)]
pub struct Record {
    /// The components that were asked, in order.
    pub attempts: Vec<Asked>,
    /// `catalog`, `fallback` or `issue-self`, `abandoned`, or the name or code of the error.
    pub outcome: &'static str,
    /// What the resolver changed on top.
    pub powers: Vec<Power>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Whose fault a refusal is.
    pub blame: Option<&'static str>,
    /// The cause of a refusal.
    pub cause: Option<String>,
}

/// What one component did.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What it is: `profile`, `resolver` or `ownership`.
    pub kind: &'static str,
    /// Its name.
    pub resolver: String,
    /// Its look-ups, as in the log line.
    pub look_ups: Vec<String>,
    /// The tables it looked into, with their revisions.
    pub tables: Vec<(String, String)>,
    /// Its requests over HTTP, as in the log line.
    pub http_calls: Vec<String>,
    /// The powers it was refused.
    pub refusals: Vec<Power>,
    /// The sensitive headers that it was shown.
    pub shown: Vec<String>,
    /// The tokens that it could not have verified, each with the name of the error.
    pub failed_tokens: Vec<(String, &'static str)>,
    /// Its notes.
    pub notes: Vec<(String, String)>,
    /// The lines that it wanted to write.
    pub log_lines: u32,
    /// The error it ended with.
    pub error: Option<&'static str>,
}

impl Door {
    /// The door of this app.
    ///
    /// # Panics
    ///
    /// If its resolvers cannot be staged once more.
    pub async fn of(app: &App) -> Self {
        Self::new(app, app.wired.stage().await.expect("it has been staged before"), Arc::clone(&app.wired.ports.random))
    }

    /// The same, with random numbers of the test.
    ///
    /// # Panics
    ///
    /// If its resolvers cannot be staged once more.
    pub async fn with_random(app: &App, random: Arc<dyn Random>) -> Self {
        Self::new(app, app.wired.stage().await.expect("it has been staged before"), random)
    }

    /// The same, with a catalog of the test.
    ///
    /// # Panics
    ///
    /// If its resolvers cannot be staged once more.
    pub async fn with_catalog(app: &App, catalog: Arc<dyn Catalog>) -> Self {
        let config = &app.wired.config;
        let cache = CompileCache::open(&state_directory()).expect("the state directory of all tests");
        let engine = Engine::new(&config.stagedoor.limits).expect("a second engine");
        let (compiler, ports) = (Arc::new(Compiler::new(binary(), Some(cache))), ComponentPorts::only(catalog));
        let stage = Stage { engine: Arc::new(engine), compiler, ports, replaced: [].into() };
        let Ok(staged) = stage.run(config).await else { panic!("it has been staged before") };
        Self::new(app, staged, Arc::clone(&app.wired.ports.random))
    }

    fn new(app: &App, staged: Staged, random: Arc<dyn Random>) -> Self {
        let (records, ports) = (Arc::new(Records::default()), &*app.wired.ports);
        let ports = SignInPorts {
            claims: Arc::clone(&ports.claims),
            proxy: Arc::clone(&ports.proxy),
            permits: Arc::clone(&ports.permits),
            tables: Arc::clone(&ports.tables),
            issuer: Arc::clone(&ports.issuer),
            user_info: Arc::clone(&ports.user_info),
            decisions: Arc::clone(&records) as Arc<dyn DecisionLog>,
            clock: Arc::clone(&ports.clock),
            random,
        };
        let sign_in = app.wired.snapshot(staged).sign_in;
        Self { sign_in: SignIn { ports: Arc::new(ports), ..sign_in }, records }
    }

    /// A sign-in from loopback, and its record.
    ///
    /// # Panics
    ///
    /// If a header cannot be sent at all.
    pub async fn sign_in(&self, fields: &[(&str, &str)]) -> (Result<SignedIn, SignInError>, Record) {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name.parse::<HeaderName>().expect("a name"), HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
        }
        let (_, result) = self.sign_in.sign_in(Peer::Address(std::net::Ipv4Addr::LOCALHOST.into()), &headers).await;
        (result, self.last_record().expect("every sign-in has a record"))
    }

    /// Takes the last record that nobody has taken yet: that of a sign-in which was dropped.
    pub fn last_record(&self) -> Option<Record> {
        self.records.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

#[derive(Default)]
struct Records(Mutex<Vec<Record>>);

impl DecisionLog for Records {
    fn record(&self, decision: &Decision) {
        let asked = |attempt: &Attempt| Asked {
            kind: attempt.kind.word(),
            resolver: attempt.resolver.to_string(),
            look_ups: attempt.look_ups.iter().map(ToString::to_string).collect(),
            tables: attempt.tables.clone(),
            http_calls: attempt.http_calls.iter().map(ToString::to_string).collect(),
            refusals: attempt.refusals.iter().map(|(power, _)| *power).collect(),
            shown: attempt.shown.clone(),
            failed_tokens: attempt.failed_tokens.clone(),
            notes: attempt.annotations.clone(),
            log_lines: attempt.log_lines,
            error: attempt.error,
        };
        let (outcome, powers, cause) = match &decision.outcome {
            Outcome::SignedIn { origin, powers, .. } => (*origin, powers.clone(), None),
            Outcome::Refused(error) => (error.code.map_or(error.name.as_str(), |code| code.as_str()), vec![], error.cause.clone()),
            Outcome::Abandoned => ("abandoned", vec![], None),
        };
        let blame = decision.outcome.blame().map(Blame::as_str);
        let decided_by = decision.decided_by().map(|attempt| attempt.resolver.to_string());
        let record = Record { attempts: decision.attempts.iter().map(asked).collect(), outcome, powers, decided_by, blame, cause };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }
}
