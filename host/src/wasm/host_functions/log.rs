//! `log`, stdout and stderr: lines for the operator. Bounded in number and length, control characters escaped, what holds an `@` masked.

use std::fmt::Write;

use crate::wasm::{bindings::stagedoor::resolver::log, store::State};

/// Bytes of one line.
const MAX_LINE_BYTES: usize = 1000;

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String, fields: Vec<(String, String)>) -> wasmtime::Result<()> {
        let mut line = message;
        for (key, value) in fields {
            let _ = write!(line, " {key}={value}");
        }
        self.log_line(level, &line);
        Ok(())
    }
}

impl State {
    fn log_line(&mut self, level: log::Level, line: &str) {
        self.attempt.log_lines += 1;
        if self.attempt.log_lines > self.permissions.budget.log_lines {
            return;
        }
        let (resolver, decision, line) = (&*self.attempt.resolver, self.request.decision, bounded(line));
        match level {
            log::Level::Debug => tracing::debug!(target: "resolver", resolver, %decision, "{line}"),
            log::Level::Info => tracing::info!(target: "resolver", resolver, %decision, "{line}"),
            log::Level::Warn => tracing::warn!(target: "resolver", resolver, %decision, "{line}"),
            log::Level::Error => tracing::error!(target: "resolver", resolver, %decision, "{line}"),
        }
    }
}

/// Logs what the guest wrote to stdout and stderr, and gives its last line: after a panic, the reason.
pub(in crate::wasm) fn write_output(state: &mut State) -> Option<String> {
    let text = state.wasi.output.take();
    let mut last = None;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        state.log_line(log::Level::Info, line);
        last = Some(bounded(line));
    }
    last
}

/// One line of printable text without e-mail addresses, at most [`MAX_LINE_BYTES`] long.
pub(super) fn bounded(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(MAX_LINE_BYTES));
    for word in text.split_inclusive(char::is_whitespace) {
        let masked = word.contains('@') || looks_like_token(word);
        let word = if masked { "***" } else { word };
        for c in word.chars() {
            if line.len() + 10 > MAX_LINE_BYTES {
                line.push('…');
                return line;
            }
            if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
        }
        if masked {
            line.push(' ');
        }
    }
    line
}

/// Three long base64url segments: a JWT.
fn looks_like_token(word: &str) -> bool {
    word.len() > 40 && word.contains("eyJ") && word.matches('.').count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_no_control_character_no_address_and_no_token() {
        assert_eq!(bounded("hello\nworld\u{1b}[31m"), "hello\\nworld\\u{1b}[31m");
        assert_eq!(bounded("user alice@corp.example came"), "user *** came");
        assert_eq!(bounded("token eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJzIn0.c2ln end"), "token *** end");
        assert!(bounded(&"x".repeat(5000)).len() <= MAX_LINE_BYTES);
    }
}
