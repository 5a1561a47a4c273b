//! The real Backstage, from npm, in a process of its own. `tests/backstage` says what runs.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::npm;

const FILES: [(&str, &str); 6] = [
    ("package.json", include_str!("../backstage/package.json")),
    ("package-lock.json", include_str!("../backstage/package-lock.json")),
    ("all.js", include_str!("../backstage/all.js")),
    ("auth.js", include_str!("../backstage/auth.js")),
    ("catalog.js", include_str!("../backstage/catalog.js")),
    ("probe.js", include_str!("../backstage/probe.js")),
];

/// It takes 5 s on quiet cores, and several times that beside compilers.
const START: Duration = Duration::from_mins(3);

/// The installed packages.
#[derive(Debug, Clone)]
pub struct BackstageKit(PathBuf);

/// What to start.
#[derive(Debug, Clone, Copy)]
pub enum Plugins {
    /// Auth and the catalog.
    All,
    /// Auth alone.
    Auth,
    /// The catalog and the probe.
    Catalog,
}

/// A running backend; ended when it is dropped.
pub struct Backstage {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    directory: TempDir,
}

impl BackstageKit {
    /// The packages, installed if they are not yet; `None`, said loudly, where they cannot be had.
    pub fn prepared(what_is_skipped: &str) -> Option<Self> {
        npm::or_skipped(npm::installed("test-backstage", &FILES, "@backstage/backend-defaults").map(Self), what_is_skipped)
    }

    /// Starts a backend with this app-config, which may hold `{port}`: it listens there on loopback. Returns once it is ready.
    ///
    /// # Panics
    ///
    /// If it ends or does not become ready; its log is shown.
    pub fn start(&self, plugins: Plugins, config: &str) -> Backstage {
        self.start_on(plugins, free_port(), config)
    }

    /// The same on a port that was chosen before.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn start_on(&self, plugins: Plugins, port: u16, config: &str) -> Backstage {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let file = directory.path().join("app-config.yaml");
        fs::write(&file, config.replace("{port}", &port.to_string())).expect("a file");
        let log = File::create(directory.path().join("log")).expect("a file");
        let entry = match plugins {
            Plugins::All => "all.js",
            Plugins::Auth => "auth.js",
            Plugins::Catalog => "catalog.js",
        };
        let mut command = Command::new("node");
        command.arg(entry).arg("--config").arg(&file).current_dir(&self.0).env("NODE_ENV", "production").env("LOG_LEVEL", "info");
        command.env("APP_CONFIG_backend_listen", format!("{{\"host\":\"127.0.0.1\",\"port\":{port}}}"));
        for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
            command.env_remove(proxy);
        }
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file")).stderr(log);
        let child = command.spawn().expect("node");
        let mut backstage = Backstage { child, address: (Ipv4Addr::LOCALHOST, port).into(), directory };
        backstage.wait_until_ready();
        backstage
    }
}

impl BackstageKit {
    /// Every statement that makes up the schema of a SQLite file, sorted by name, as Backstage's own driver reads it.
    ///
    /// # Panics
    ///
    /// If it cannot be read.
    pub fn sqlite_schema(&self, file: &Path) -> String {
        let script = "const db = require('better-sqlite3')(process.argv[1], { readonly: true }); \
                      for (const { sql } of db.prepare('SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name').all()) console.log(sql); \
                      for (const table of ['knex_migrations', 'backstage_backend_public_keys__knex_migrations']) \
                        for (const row of db.prepare(`SELECT id, name, batch, typeof(migration_time) AS type FROM ${table} ORDER BY id`).all()) \
                          console.log(JSON.stringify(row));";
        let output = Command::new("node").args(["-e", script]).arg(file).current_dir(&self.0).output().expect("node");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Backstage {
    /// What it has written so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// The status and the body of a GET.
    ///
    /// # Panics
    ///
    /// If nobody answers.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let answer = exchange(self.address, path, headers).unwrap_or_else(|| panic!("no answer to {path}:\n{}", self.log()));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        (head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default(), body.to_owned())
    }

    fn wait_until_ready(&mut self) {
        let started = Instant::now();
        while started.elapsed() < START {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("Backstage ended, {status}:\n{}", self.log());
            }
            if status(self.address, "/.backstage/health/v1/readiness") == Some(200) {
                return;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("Backstage was not ready after {START:?}:\n{}", self.log());
    }
}

impl Drop for Backstage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback that was free a moment ago.
///
/// # Panics
///
/// If there is none.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// The status of a GET, if somebody answers.
fn status(address: SocketAddr, path: &str) -> Option<u16> {
    exchange(address, path, &[])?.split(' ').nth(1)?.parse().ok()
}

/// The answer to a GET in HTTP/1.0, so that its body stands there as it is.
fn exchange(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {address}\r\n").ok()?;
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n").ok()?;
    }
    write!(stream, "\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
