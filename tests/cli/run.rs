//! The real binary in a directory of its own, with an environment that holds nothing but what the test puts there.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
};

use stagedoor_tests::{binary, state_directory};
use tempfile::TempDir;

/// An app-config with one resolver; what stands in the braces of its item, and whatever else.
pub(crate) fn config(resolver: &str, more: &str) -> String {
    format!("auth: {{ providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ resolver: {resolver} }}] }} }} }} }}\n{more}\n")
}

/// A directory that is gone afterwards.
pub(crate) struct Sandbox(TempDir);

/// How a command ended.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    /// With these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let sandbox = Self(tempfile::tempdir().expect("a temporary directory"));
        for (name, text) in files {
            fs::write(sandbox.path().join(name), text).expect("a file");
        }
        sandbox
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The binary, to be run here.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        command(self.path(), arguments)
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }
}

/// The root of the repository, for which the sample's paths are written.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The binary with nothing in its environment but the state directory of all tests, so that each component is compiled once.
pub(crate) fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.current_dir(directory).args(arguments).env_clear();
    command.env("APP_CONFIG_stagedoor_stateDir", serde_json::json!(state_directory()).to_string());
    // What a stop waits for is tested on its own.
    command.env("APP_CONFIG_backend_lifecycle_serverShutdownDelay", "0s");
    // A file in that directory would be shared as well.
    command.env("APP_CONFIG_backend_database", r#"{"client":"better-sqlite3","connection":":memory:"}"#);
    command
}

impl Ran {
    /// Runs a command to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the binary runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or("a signal".to_owned(), |code| code.to_string());
        write!(f, "exit {code}")?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "\n-- {name}\n{}", text.trim_end())?;
            }
        }
        Ok(())
    }
}

/// Takes out what differs from machine to machine and from build to build.
pub(crate) fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    let paths = [
        (state_directory(), "[state]"),
        (PathBuf::from(env!("STAGEDOOR_GUESTS")), "[guests]"),
        (root(), "[root]"),
        (root().canonicalize().expect("the root"), "[root]"),
    ];
    for (path, name) in paths {
        settings.add_filter(&regex_of(&path.display().to_string()), name);
    }
    for (pattern, name) in [
        (r"(?:/[\w.-]+)*/\.tmp\w+", "[dir]"),
        (r"sha256:[0-9a-f]{12,}", "sha256:[digest]"),
        (r"decision=[0-9a-f]{32}", "decision=[id]"),
        (r#""kid":"[0-9a-f-]{36}""#, r#""kid":"[kid]""#),
        (r#""(iat|exp)":\d+"#, r#""$1":[time]"#),
        (r#""uip":"[\w-]{86}""#, r#""uip":"[signature]""#),
    ] {
        settings.add_filter(pattern, name);
    }
    settings
}

/// A pattern that matches this text alone.
fn regex_of(text: &str) -> String {
    text.chars().map(|c| if c.is_alphanumeric() || c == '/' { c.to_string() } else { format!("\\{c}") }).collect()
}

/// Compares with the snapshot of that name.
macro_rules! assert_shown {
    ($name:literal, $ran:expr) => {
        $crate::run::settings().bind(|| insta::assert_snapshot!($name, $ran))
    };
}
pub(crate) use assert_shown;
