//! A running `stagedoor serve` in a directory of its own, with the catalog of one user, alice, unless a test puts another one there.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    backstage::free_port,
    binary, logs, state_directory,
    wire::{Answer, get},
};

const READINESS: &str = "/.backstage/health/v1/readiness";

/// Enough for a busy machine, and far from what would be forever.
pub const PATIENCE: Duration = Duration::from_secs(30);

const BASE: &str = "\
auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: forwardedUserMatchingUserEntityName }] } } } }
catalog: { locations: [{ type: file, target: ./org.yaml }] }
backend: { database: { client: better-sqlite3, connection: ':memory:' } } # a file in the state directory of all tests would be shared
";

const ALICE: &str = "kind: User\napiVersion: backstage.io/v1alpha1\nmetadata: { name: alice }\nspec: { memberOf: [] }\n";

/// Where it listens.
#[derive(Debug, Clone)]
pub enum Place {
    /// TCP on loopback.
    Port(u16),
    /// A unix socket.
    Socket(PathBuf),
}

/// A process that is killed when the test ends.
pub struct Door {
    child: Child,
    /// Where it listens.
    pub place: Place,
    /// Its files.
    pub directory: TempDir,
}

/// What is different from a plain server.
#[derive(Default)]
pub struct Settings<'a> {
    /// More of the app-config.
    pub config: &'a str,
    /// Files beside it.
    pub files: &'a [(&'a str, &'a str)],
    /// Environment variables.
    pub environment: &'a [(&'a str, &'a str)],
    /// The port of loopback where it listens; by default one that is free.
    pub port: Option<u16>,
    /// Whether it listens on a unix socket.
    pub unix: bool,
    /// How long it serves after SIGTERM; `0s` without a word.
    pub delay: Option<&'a str>,
}

impl Door {
    /// Starts a server and waits until it is ready.
    ///
    /// # Panics
    ///
    /// If it does not become ready; its log is shown.
    pub fn ready(settings: &Settings<'_>) -> Self {
        let mut door = Self::spawn(settings, |directory| fs::write(directory.join("org.yaml"), ALICE).expect("a file"));
        door.wait_for(|answer| answer.status == 200);
        door
    }

    /// Starts a server whose catalog a test puts there.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn spawn(settings: &Settings<'_>, catalog: impl FnOnce(&Path)) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::write(directory.path().join("base.yaml"), BASE).expect("a file");
        fs::write(directory.path().join("app-config.yaml"), settings.config).expect("a file");
        for (name, text) in settings.files {
            fs::write(directory.path().join(name), text).expect("a file");
        }
        catalog(directory.path());
        let place =
            if settings.unix { Place::Socket(directory.path().join("http.sock")) } else { Place::Port(settings.port.unwrap_or_else(free_port)) };
        let mut command = Command::new(binary());
        command.args(["serve", "--config", "base.yaml", "--config", "app-config.yaml"]).current_dir(directory.path()).env_clear();
        command.env("APP_CONFIG_stagedoor_stateDir", serde_json::json!(state_directory()).to_string());
        command.env("APP_CONFIG_backend_lifecycle_serverShutdownDelay", settings.delay.unwrap_or("0s"));
        match &place {
            Place::Port(port) => command.env("APP_CONFIG_stagedoor_listen", format!("127.0.0.1:{port}")),
            Place::Socket(path) => command.env("APP_CONFIG_stagedoor_listen", format!("unix:{}", path.display())),
        };
        command.envs(settings.environment.iter().copied());
        let log = File::create(directory.path().join("log")).expect("a file");
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file")).stderr(log).spawn().expect("the binary runs");
        Self { child, place, directory }
    }

    /// Asks for readiness until the answer is as wanted, which is given.
    ///
    /// # Panics
    ///
    /// If that does not come; its log is shown.
    pub fn wait_for(&mut self, wanted: impl Fn(&Answer) -> bool) -> Answer {
        let begun = Instant::now();
        loop {
            if let Ok(answer) = get(&self.place, READINESS, &[])
                && wanted(&answer)
            {
                return answer;
            }
            if let Some(status) = self.child.try_wait().expect("a child") {
                panic!("it ended, {status}:\n{}", self.log());
            }
            assert!(begun.elapsed() < PATIENCE, "it did not become so:\n{}", self.log());
            sleep(Duration::from_millis(5));
        }
    }

    /// A request on a connection of its own.
    ///
    /// # Panics
    ///
    /// If there is no answer; its log is shown.
    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        get(&self.place, path, headers).unwrap_or_else(|error| panic!("{error}:\n{}", self.log()))
    }

    /// Sends a signal, by its name without `SIG`.
    ///
    /// # Panics
    ///
    /// If it cannot be sent.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
    }

    /// Waits for its end and gives the exit code.
    ///
    /// # Panics
    ///
    /// If it does not end; its log is shown.
    pub fn ended(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end:\n{}", self.log());
            sleep(Duration::from_millis(5));
        }
    }

    /// SIGTERM, and everything it wrote to its end: log lines are written a moment after what they tell.
    ///
    /// # Panics
    ///
    /// If it does not end with code 0.
    pub fn terminated(&mut self) -> String {
        self.signal("TERM");
        assert_eq!(self.ended(), Some(0), "{}", self.log());
        self.log()
    }

    /// Everything it wrote so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Where it listens on TCP.
    ///
    /// # Panics
    ///
    /// If it listens on a unix socket.
    pub fn port(&self) -> u16 {
        match self.place {
            Place::Port(port) => port,
            Place::Socket(_) => panic!("it listens on a unix socket"),
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        logs::assert_clean(&self.log());
    }
}
