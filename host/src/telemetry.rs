//! Logs: text on a terminal, JSON lines elsewhere, written by a thread of their own so that no request waits for the disk. Commands that end write
//! theirs as text to stderr, beside the answer on stdout.
//!
//! Never logged: tokens and cookies. Who signed in stands on the target `audit` alone; what a component says is masked for addresses and tokens.

mod filter;

use std::{
    io::{self, BufWriter, IsTerminal, Write},
    thread,
    time::Duration,
};

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt;

/// For how long lines gather while others are being written.
const GATHER: Duration = Duration::from_millis(5);

/// Starts the logs of a server. Lines still on their way are written when the guard is dropped.
pub fn start() -> WorkerGuard {
    // Not lossy: a decision that was made must be in the log.
    let (writer, guard) = NonBlockingBuilder::default().lossy(false).finish(Gathering(BufWriter::with_capacity(64 << 10, io::stdout())));
    let text = io::stdout().is_terminal();
    let builder = fmt().with_env_filter(filter::from_environment("info")).with_writer(writer).with_ansi(text);
    if text {
        builder.with_target(true).init();
    } else {
        builder.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    }
    guard
}

/// Starts the logs of a command that ends: what is wrong, and what a component says.
pub fn start_on_stderr() {
    let filter = filter::from_environment("warn,resolver=info");
    fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).without_time().init();
}

/// Writes a line that comes alone at once, and under load all that have gathered in one go: a wake-up and a system call for each line would be a
/// tenth of what a sign-in costs.
struct Gathering<W: Write>(BufWriter<W>);

impl<W: Write> Write for Gathering<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write(line)
    }

    /// Called by the writing thread when no line is waiting.
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()?;
        thread::sleep(GATHER);
        Ok(())
    }
}
