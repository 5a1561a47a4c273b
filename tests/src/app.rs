//! The real router in this process, over a configuration of the test.

use std::{
    collections::BTreeMap,
    fs,
    net::IpAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use serde_json::Value;
use stagedoor::{
    config::{Config, ConfigSources},
    http::{server::PeerOf, state::AppState},
    ports::{clock::Clock, proxy_authenticator::Peer},
    serve::{self, StartError, WireOptions, Wired},
};
use tempfile::TempDir;
use tower::ServiceExt;

use crate::{binary, logs::Logs, state_directory};

/// A clock that the test moves. It starts at the time of day, so that other verifiers accept the tokens.
#[derive(Debug)]
pub struct TestClock(AtomicU64);

impl TestClock {
    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_secs(), Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// A server without a port.
pub struct App {
    /// The router as `serve` serves it.
    pub router: Router,
    /// Its clock.
    pub clock: Arc<TestClock>,
    /// What was wired.
    pub wired: Wired,
    _directory: TempDir,
    _logs: Logs,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl App {
    /// Starts with this app-config; relative paths in it mean a directory that holds only that file. The state directory is that of all tests. Keys and
    /// user info are kept in memory unless the app-config has `backend.database`.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub async fn start(config: &str) -> Self {
        match Self::try_start(config).await {
            Ok(app) => app,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same, with the error.
    ///
    /// # Panics
    ///
    /// If there is no place for a temporary file.
    pub async fn try_start(config: &str) -> Result<Self, StartError> {
        Self::try_start_in(config, &state_directory()).await
    }

    /// Starts with a state directory of its own.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub async fn start_in(config: &str, state: &Path) -> Self {
        match Self::try_start_in(config, state).await {
            Ok(app) => app,
            Err(error) => panic!("{error}"),
        }
    }

    /// Starts with other surroundings, such as names of hosts.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub async fn start_with(config: &str, change: impl FnOnce(&mut WireOptions)) -> Self {
        match Self::try_start_with(config, &state_directory(), change).await {
            Ok(app) => app,
            Err(error) => panic!("{error}"),
        }
    }

    async fn try_start_in(config: &str, state: &Path) -> Result<Self, StartError> {
        Self::try_start_with(config, state, |_| ()).await
    }

    async fn try_start_with(config: &str, state: &Path, change: impl FnOnce(&mut WireOptions)) -> Result<Self, StartError> {
        let logs = Logs::kept();
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("app-config.yaml");
        let environment = BTreeMap::from([("APP_CONFIG_stagedoor_stateDir".to_owned(), format!("\"{}\"", state.display()))]);
        fs::write(&file, config).expect("the config can be written");
        // Otherwise the stores of all tests would be one file in the state directory that they share.
        let defaults = directory.path().join("defaults.yaml");
        fs::write(&defaults, "backend: { database: { client: better-sqlite3, connection: ':memory:' } }\n").expect("the config can be written");
        let sources = ConfigSources { files: vec![defaults, file], directory: directory.path().to_owned(), environment };
        let config = Config::load(&sources).map_err(StartError::Config)?;
        let clock = Arc::new(TestClock(AtomicU64::new(stagedoor::ports::clock::SystemClock.now_seconds())));
        let mut options = WireOptions { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..WireOptions::with_compiler(binary()) };
        change(&mut options);
        let wired = serve::wire(config, options).await?;
        let staged = wired.stage().await?;
        let backend = &wired.config.backend;
        let state = AppState::starting(backend.auth_external_url(), backend.lifecycle.startup_request_pause_timeout);
        state.start(wired.snapshot(staged));
        let router = stagedoor::http::router(state, serve::surroundings(backend));
        Ok(Self { router, clock, wired, _directory: directory, _logs: logs })
    }

    /// A request from loopback.
    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, "127.0.0.1").await
    }

    /// A sign-in from loopback.
    pub async fn refresh(&self, headers: &[(&str, &str)]) -> Answer {
        self.get("/api/auth/oauth2Proxy/refresh", headers).await
    }

    /// Any request from any peer.
    ///
    /// # Panics
    ///
    /// If a header cannot be sent at all.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], peer: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).expect("a request");
        for (name, value) in headers {
            let field = (name.parse::<HeaderName>().expect("a name"), HeaderValue::from_bytes(value.as_bytes()).expect("a value"));
            request.headers_mut().append(field.0, field.1);
        }
        self.call(request, peer).await
    }

    /// A request that the test made itself.
    ///
    /// # Panics
    ///
    /// If the peer is no address.
    pub async fn call(&self, mut request: Request<Body>, peer: &str) -> Answer {
        let peer: IpAddr = peer.parse().expect("an address");
        request.extensions_mut().insert(PeerOf(Peer::Address(peer)));
        let response = self.router.clone().oneshot(request).await.expect("a router always answers");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body in memory");
        Answer { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }
}

impl Answer {
    /// The body as JSON, or null.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// Who was signed in.
    pub fn user(&self) -> Option<String> {
        Some(self.json().pointer("/backstageIdentity/identity/userEntityRef")?.as_str()?.to_owned())
    }

    /// The token.
    pub fn token(&self) -> Option<String> {
        Some(self.json().pointer("/backstageIdentity/token")?.as_str()?.to_owned())
    }

    /// `error.code`, or else `error.name`.
    pub fn error(&self) -> Option<String> {
        let body = self.json();
        let error = body.get("error")?;
        Some(error.get("code").or_else(|| error.get("name"))?.as_str()?.to_owned())
    }
}
