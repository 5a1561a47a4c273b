//! The real oauth2-proxy, built from its pinned Go module, and a real OIDC provider from npm, each in a process of its own.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    thread::sleep,
    time::{Duration, Instant},
};

use stagedoor_tests::{
    backstage::free_port,
    door::{PATIENCE, Place},
    npm::{installed, or_skipped, succeeded},
};
use tempfile::TempDir;

const MODULE: &str = "github.com/oauth2-proxy/oauth2-proxy/v7";
const CLIENT_SECRET: &str = "the-proxy-at-the-provider-of-a-test";

const FILES: [(&str, &str); 5] = [
    ("package.json", include_str!("package.json")),
    ("package-lock.json", include_str!("package-lock.json")),
    ("provider.js", include_str!("provider.js")),
    ("go.mod", include_str!("go.mod")),
    ("go.sum", include_str!("go.sum")),
];

static BUILDING: Mutex<()> = Mutex::new(());

/// Where both were made.
pub(crate) struct Kit(PathBuf);

/// A running proxy with its provider; both end when it is dropped.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    directory: TempDir,
    processes: Vec<Child>,
}

impl Kit {
    /// Built if it is not yet; `None`, said loudly, where it cannot be.
    pub(crate) fn prepared(what_is_skipped: &str) -> Option<Self> {
        or_skipped(installed("test-oauth2-proxy", &FILES, "oidc-provider").and_then(built), what_is_skipped)
    }

    /// A proxy in front of a server, with the secret in this file.
    pub(crate) fn start(&self, upstream: &Place, secret: &Path) -> Proxy {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (provider, port) = (free_port(), free_port());
        let uri = match upstream {
            Place::Port(port) => format!("http://127.0.0.1:{port}"),
            Place::Socket(path) => format!("unix://{}", path.display()),
        };
        let config = |name: &str, text: String| {
            let path = directory.path().join(name);
            fs::write(&path, text).expect("a file");
            path
        };
        let alpha = config("alpha.yaml", alpha(port, provider, &uri, secret));
        let legacy = config("proxy.cfg", LEGACY.replace("{port}", &port.to_string()));
        let mut proxy = Proxy { port, directory, processes: Vec::new() };

        let mut command = Command::new("node");
        command.arg("provider.js").args([&provider.to_string(), &format!("http://localhost:{port}/oauth2/callback"), CLIENT_SECRET]);
        proxy.run(command.current_dir(&self.0), provider);
        let mut command = Command::new(self.0.join("bin/oauth2-proxy"));
        proxy.run(command.arg("--config").arg(legacy).arg("--alpha-config").arg(alpha), port);
        proxy
    }
}

impl Proxy {
    /// What both have written so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Starts a process and waits until it listens.
    fn run(&mut self, command: &mut Command, port: u16) {
        let log = File::options().create(true).append(true).open(self.directory.path().join("log")).expect("a file");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file")).stderr(log);
        self.processes.push(command.spawn().expect("it was built"));
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "nobody listens on {port}:\n{}", self.log());
            sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Builds the binary of the version that go.mod names, checked by go.sum. It takes about two minutes of CPU the first time.
fn built(directory: PathBuf) -> Result<Kit, String> {
    let _one_at_a_time = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let (binary, stamp) = (directory.join("bin/oauth2-proxy"), directory.join("bin/go.mod"));
    let is_current = fs::read_to_string(&stamp).is_ok_and(|built| built == FILES[3].1);
    if !binary.exists() || !is_current {
        let mut go = Command::new("go");
        go.args(["install", "-mod=readonly", "-trimpath", "-ldflags=-s -w", MODULE]).current_dir(&directory).env("GOBIN", directory.join("bin"));
        succeeded(&mut go, "go install (Go 1.26 or later builds the real oauth2-proxy)")?;
        fs::write(&stamp, FILES[3].1).map_err(|error| error.to_string())?;
    }
    Ok(Kit(directory))
}

/// What stays in the old format beside an alpha configuration.
const LEGACY: &str = r#"
email_domains = ["*"]
cookie_secret = "thirty-two bytes for the cookies"
cookie_secure = false
skip_provider_button = true
api_routes = ["^/api/"]
redirect_url = "http://localhost:{port}/oauth2/callback"
"#;

/// Identity headers and the secret: each name that stands here is stripped from what a client sends.
fn alpha(port: u16, provider: u16, upstream: &str, secret: &Path) -> String {
    let claim = |header: &str, claim: &str| format!("  - {{ name: {header}, values: [{{ claimSource: {{ claim: {claim} }} }}] }}\n");
    let claims: String = [
        ("X-Forwarded-User", "user"),
        ("X-Forwarded-Email", "email"),
        ("X-Forwarded-Preferred-Username", "preferred_username"),
        ("X-Forwarded-Groups", "groups"),
    ]
    .map(|(header, name)| claim(header, name))
    .concat();
    format!(
        "server: {{ bindAddress: '127.0.0.1:{port}' }}
upstreamConfig: {{ upstreams: [{{ id: door, path: /, uri: '{upstream}' }}] }}
providers:
  - id: provider
    provider: oidc
    clientID: door
    clientSecret: {CLIENT_SECRET}
    scope: openid email profile groups
    oidcConfig: {{ issuerURL: 'http://127.0.0.1:{provider}', emailClaim: email, groupsClaim: groups, audienceClaims: [aud] }}
injectRequestHeaders:
{claims}  - {{ name: X-Stagedoor-Proxy-Secret, values: [{{ secretSource: {{ fromFile: '{}' }} }}] }}
",
        secret.display()
    )
}
