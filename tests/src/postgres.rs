//! A real PostgreSQL on a free port of loopback, that can be stopped and started again, and a real pgbouncer in front of it.

use std::{
    fmt::Write,
    fs::{self, Permissions},
    net::{Ipv4Addr, TcpStream},
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{backstage::free_port, npm};

/// Who runs the servers where we are root, which they refuse.
const NOBODY: u32 = 65534;
/// The superuser of the cluster; nobody asks it for a password.
const USER: &str = "backstage";
const START: Duration = Duration::from_secs(30);

/// A cluster of its own; ended and removed when it is dropped.
pub struct Postgres {
    programs: PathBuf,
    directory: TempDir,
    /// Where it listens.
    pub port: u16,
}

/// A pooler in transaction mode, with two connections for all clients of a database together.
pub struct Pgbouncer {
    child: Child,
    _directory: TempDir,
    /// Where it listens.
    pub port: u16,
}

impl Postgres {
    /// Starts one; `None`, said loudly, where there is no PostgreSQL.
    pub fn start(what_is_skipped: &str) -> Option<Self> {
        npm::or_skipped(Self::try_start(&[]), what_is_skipped)
    }

    /// The same with further settings, such as `ssl=on`. A setting may hold `{directory}`, the folder of these files, which the server may read.
    pub fn start_with(files: &[(&str, &str)], settings: &[&str], what_is_skipped: &str) -> Option<Self> {
        let made = Self::create(files).and_then(|postgres| postgres.run(settings).map(|()| postgres));
        npm::or_skipped(made, what_is_skipped)
    }

    fn try_start(settings: &[&str]) -> Result<Self, String> {
        let postgres = Self::create(&[])?;
        postgres.run(settings)?;
        Ok(postgres)
    }

    fn create(files: &[(&str, &str)]) -> Result<Self, String> {
        let programs = programs()?;
        let directory = readable_directory()?;
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::write(&path, text).and_then(|()| fs::set_permissions(&path, Permissions::from_mode(0o600))).map_err(|error| error.to_string())?;
            give_away(&path)?;
        }
        let postgres = Self { programs, directory, port: free_port() };
        let data = postgres.data();
        let mut initdb = postgres.program("initdb");
        initdb.args(["--auth=trust", "--no-sync", "--username", USER, "--encoding=UTF8", "--locale=C", "-D"]).arg(&data);
        npm::succeeded(&mut initdb, "initdb")?;
        Ok(postgres)
    }

    /// Ends it as a crash would.
    ///
    /// # Panics
    ///
    /// If it does not end.
    pub fn stop(&self) {
        npm::succeeded(self.program("pg_ctl").args(["stop", "-w", "-m", "immediate", "-D"]).arg(self.data()), "pg_ctl stop")
            .expect("PostgreSQL ends");
    }

    /// Starts it on the same port with the same data.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start_again(&self) {
        self.run(&[]).expect("PostgreSQL starts");
    }

    /// The URL of a database, which need not exist.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// What `psql` prints: a line for each row, with `|` between columns.
    ///
    /// # Panics
    ///
    /// If the statement fails.
    pub fn query(&self, database: &str, sql: &str) -> String {
        let output = self.program("psql").args(["-XAtq", "-v", "ON_ERROR_STOP=1", &self.url(database), "-c", sql]).output().expect("psql");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A session that has run this statement and keeps its transaction open for a minute, or until it is terminated. The value ends
    /// `psql` when it is dropped.
    ///
    /// # Panics
    ///
    /// If there is no `psql`.
    pub fn holding(&self, database: &str, sql: &str) -> Holding {
        let mut command = self.program("psql");
        command.args(["-Xq", &self.url(database), "-c", &format!("BEGIN; {sql}; SELECT pg_sleep(60)")]);
        Holding(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("psql"))
    }

    /// The schema of a database as `pg_dump` writes it, without comments.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn schema(&self, database: &str) -> String {
        let output = self.program("pg_dump").args(["-s", "-O", "-x", "--no-comments", &self.url(database)]).output().expect("pg_dump");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().filter(|line| !line.is_empty() && !line.starts_with("--") && !line.starts_with('\\')).collect::<Vec<_>>().join("\n")
    }

    fn run(&self, settings: &[&str]) -> Result<(), String> {
        let directory = self.directory.path().display().to_string();
        let mut options = format!("-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c jit=off", self.port);
        for setting in settings {
            let _ = write!(options, " -c {}", setting.replace("{directory}", &directory));
        }
        let mut command = self.program("pg_ctl");
        // The server inherits the descriptors: a pipe would keep us waiting for it.
        command.args(["start", "-w", "-t", "30", "-o", &options, "-D"]).arg(self.data()).arg("-l").arg(self.directory.path().join("data/log"));
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().map_err(|error| error.to_string())?;
        let log = || fs::read_to_string(self.directory.path().join("data/log")).unwrap_or_default();
        if status.success() { Ok(()) } else { Err(format!("pg_ctl start failed: {}", log())) }
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data/cluster")
    }

    fn program(&self, name: &str) -> Command {
        as_nobody(&self.programs.join(name), self.directory.path())
    }
}

/// An open session.
pub struct Holding(Child);

impl Drop for Holding {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.program("pg_ctl").args(["stop", "-w", "-m", "immediate", "-D"]).arg(self.data()).output();
    }
}

impl Pgbouncer {
    /// Starts one in front of every database of this server; `None`, said loudly, where there is no pgbouncer.
    pub fn start(postgres: &Postgres, what_is_skipped: &str) -> Option<Self> {
        npm::or_skipped(Self::try_start(postgres), what_is_skipped)
    }

    fn try_start(postgres: &Postgres) -> Result<Self, String> {
        let program = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"].map(PathBuf::from);
        let program = program.into_iter().find(|path| path.exists()).ok_or("pgbouncer is not installed (apt: pgbouncer)")?;
        let directory = readable_directory()?;
        let port = free_port();
        let config = directory.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={} user={USER}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 2\nmax_client_conn = 200\nserver_login_retry = 1\n",
            postgres.port
        );
        fs::write(&config, text).map_err(|error| error.to_string())?;
        let mut command = as_nobody(&program, directory.path());
        let child =
            command.arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|error| error.to_string())?;
        let mut pooler = Self { child, _directory: directory, port };
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if started.elapsed() > START || matches!(pooler.child.try_wait(), Ok(Some(_))) {
                return Err("pgbouncer did not start".to_owned());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(pooler)
    }

    /// The URL of a database through the pooler.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Pgbouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where Debian puts the programs, the newest version first, or wherever `initdb` is.
fn programs() -> Result<PathBuf, String> {
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin")).collect();
    versions.sort();
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    let has_all = |directory: &PathBuf| ["initdb", "pg_ctl", "psql", "pg_dump"].iter().all(|program| directory.join(program).exists());
    versions.into_iter().rev().chain(on_path).find(has_all).ok_or_else(|| "PostgreSQL is not installed (apt: postgresql)".to_owned())
}

/// A directory that nobody may enter, with one in it that is nobody's.
fn readable_directory() -> Result<TempDir, String> {
    let made = || -> std::io::Result<TempDir> {
        let directory = tempfile::tempdir()?;
        fs::set_permissions(directory.path(), Permissions::from_mode(0o755))?;
        fs::create_dir(directory.path().join("data"))?;
        Ok(directory)
    };
    let directory = made().map_err(|error| error.to_string())?;
    give_away(&directory.path().join("data"))?;
    Ok(directory)
}

fn give_away(path: &Path) -> Result<(), String> {
    if is_root() { chown(path, Some(NOBODY), None).map_err(|error| error.to_string()) } else { Ok(()) }
}

fn as_nobody(program: &Path, home: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(home).env("HOME", home).env("LC_ALL", "C");
    command
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0)
}
