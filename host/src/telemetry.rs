//! Logs: text on a terminal, JSON lines elsewhere, written by a thread of their own so that no request waits for the disk.
//!
//! `LOG_LEVEL` as in Backstage (`debug`, `info`, `warn`, `error`), or a full `RUST_LOG` filter. Never logged: tokens, cookies, header values.

use std::io::{self, IsTerminal};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging. Lines still on their way are written when the guard is dropped.
pub fn start() -> WorkerGuard {
    // Not lossy: a decision that was made must be in the log.
    let (writer, guard) = NonBlockingBuilder::default().lossy(false).finish(io::stdout());
    let text = io::stdout().is_terminal();
    let builder = fmt().with_env_filter(filter()).with_writer(writer).with_ansi(text);
    if text {
        builder.with_target(true).init();
    } else {
        builder.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    }
    guard
}

fn filter() -> EnvFilter {
    let level = std::env::var("RUST_LOG").or_else(|_| std::env::var("LOG_LEVEL")).unwrap_or_default();
    let level = if level.trim().is_empty() { "info".to_owned() } else { level };
    EnvFilter::try_new(&level).unwrap_or_else(|_| EnvFilter::new("info"))
}
