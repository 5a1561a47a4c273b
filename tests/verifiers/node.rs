//! node, with the packages of package-lock.json, in a directory that all runs share.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};
use stagedoor_tests::npm;

const FILES: [(&str, &str); 3] = [
    ("verify.mjs", include_str!("verify.mjs")),
    ("package.json", include_str!("package.json")),
    ("package-lock.json", include_str!("package-lock.json")),
];

/// The script beside its packages; `None`, said loudly, where there is no node or the packages cannot be had.
pub(crate) fn prepared() -> Option<PathBuf> {
    let directory = npm::or_skipped(npm::installed("test-verifiers", &FILES, "jose"), "jose did NOT verify our tokens")?;
    Some(directory.join("verify.mjs"))
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
