//! `log`, stdout and stderr: lines for the operator. Bounded in number and length, control characters escaped, what holds an `@` masked.

use std::{fmt::Write, sync::atomic::Ordering};

use crate::{
    domain::log_text::{MAX_LINE_BYTES, log_text},
    wasm::{bindings::stagedoor::resolver::log, store::State, wasi::MAX_BYTES},
};

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String, fields: Vec<(String, String)>) -> wasmtime::Result<()> {
        if self.may_log() {
            let mut line = log_text(&self.revealed.masked(&message));
            for (key, value) in fields {
                if line.len() >= MAX_LINE_BYTES {
                    break;
                }
                let (key, value) = (self.revealed.masked(&key), self.revealed.masked(&value));
                let _ = write!(line, " {}={}", log_text(&key), log_text(&value));
            }
            self.log_line(level, &line);
        }
        Ok(())
    }
}

impl State {
    /// Counts a line; false if the sign-in has written all that it may.
    fn may_log(&mut self) -> bool {
        self.attempt.log_lines = self.attempt.log_lines.saturating_add(1);
        let budget = self.permissions.budget.log_lines;
        self.request.spent.log_lines.try_update(Ordering::Relaxed, Ordering::Relaxed, |spent| (spent < budget).then(|| spent + 1)).is_ok()
    }

    fn log_line(&self, level: log::Level, line: &str) {
        let (resolver, decision, line) = (&*self.attempt.resolver, self.request.decision, log_text(line));
        match level {
            log::Level::Debug => tracing::debug!(target: "resolver", resolver, %decision, "{line}"),
            log::Level::Info => tracing::info!(target: "resolver", resolver, %decision, "{line}"),
            log::Level::Warn => tracing::warn!(target: "resolver", resolver, %decision, "{line}"),
            log::Level::Error => tracing::error!(target: "resolver", resolver, %decision, "{line}"),
        }
    }
}

/// Logs what the guest wrote to stdout and stderr, and gives its last words.
pub(in crate::wasm) fn write_output(state: &mut State) -> Option<String> {
    let output = state.wasi.output.take();
    let text = state.revealed.masked_up_to(&output, MAX_BYTES).into_owned();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if state.may_log() {
            state.log_line(log::Level::Info, line);
        }
    }
    last_words(&text)
}

/// The last line that says something: after a panic, the reason.
pub(in crate::wasm) fn last_words(output: &str) -> Option<String> {
    // Rust's advice after a panic: a guest has no environment in which it could be followed.
    let says_something = |line: &&str| !line.trim().is_empty() && !line.starts_with("note: run with `RUST_BACKTRACE");
    output.lines().rfind(says_something).map(log_text)
}
