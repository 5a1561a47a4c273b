//! node, with the packages of package-lock.json, in a directory that all runs share.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use stagedoor_tests::state_directory;

const FILES: [(&str, &str); 3] = [
    ("verify.mjs", include_str!("verify.mjs")),
    ("package.json", include_str!("package.json")),
    ("package-lock.json", include_str!("package-lock.json")),
];

/// The script beside its packages; `None`, said loudly, where there is no node or the packages cannot be had.
pub(crate) fn prepared() -> Option<PathBuf> {
    match prepare() {
        Ok(script) => Some(script),
        Err(why) => {
            assert!(env::var_os("STAGEDOOR_REQUIRE_ALL").is_none_or(|value| value != "1"), "STAGEDOOR_REQUIRE_ALL=1, but {why}");
            // Past the capture of the test harness, which would swallow what a passing test prints.
            let _ = writeln!(io::stderr(), "\nSKIPPED: jose did NOT verify our tokens, because {why}\n");
            None
        }
    }
}

fn prepare() -> Result<PathBuf, String> {
    let directory = state_directory().with_file_name("test-verifiers");
    fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    let is_current = FILES.iter().all(|(name, text)| fs::read_to_string(directory.join(name)).is_ok_and(|there| there == *text));
    for (name, text) in FILES {
        fs::write(directory.join(name), text).map_err(|error| error.to_string())?;
    }
    if !is_current || !directory.join("node_modules/jose").exists() {
        succeeded(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&directory), "npm ci")?;
    }
    succeeded(Command::new("node").arg("--version"), "node")?;
    Ok(directory.join("verify.mjs"))
}

fn succeeded(command: &mut Command, name: &str) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{name} cannot be run: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr))) }
}

/// A running verifier; its key set is cached across questions.
pub(crate) struct Verifier {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    verified: usize,
}

impl Verifier {
    /// Starts the script for a key set.
    pub(crate) fn start(script: &Path, key_set: &str) -> Self {
        let mut command = Command::new("node");
        let mut child = command.arg(script).arg(key_set).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node");
        let (questions, answers) = (child.stdin.take().expect("stdin"), child.stdout.take().expect("stdout"));
        Self { child, questions, answers: BufReader::new(answers), verified: 0 }
    }

    /// What it says about a token and its limited form.
    pub(crate) fn verify(&mut self, token: &str) -> Value {
        writeln!(self.questions, "{}", json!({ "token": token })).expect("it reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("it answers");
        self.verified += 1;
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
    }

    /// How many tokens it was asked about.
    pub(crate) fn verified(&self) -> usize {
        self.verified
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
