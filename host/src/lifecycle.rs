//! How a running server is told to end, and what it tells systemd about itself.

#[cfg(unix)]
mod systemd;
#[cfg(not(unix))]
#[path = "lifecycle/no_systemd.rs"]
mod systemd;

use std::io;
use tokio_util::sync::CancellationToken;

pub use systemd::ready;

const TERMINATE: &str = "SIGTERM";

/// What a server is told of its end. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    /// It is to end.
    pub soon: CancellationToken,
    /// It need not wait until those who send requests have learnt of it: somebody sits before it.
    pub now: CancellationToken,
}

/// The first SIGTERM says "soon", the first SIGINT (Ctrl-C) "now". A second signal ends the process at once. SIGHUP, which will mean "read the
/// configuration again", ends nothing.
pub fn stop_on_signal() -> io::Result<Stop> {
    let stop = Stop::default();
    let mut signals = Signals::listen()?;
    tokio::spawn({
        let stop = stop.clone();
        async move {
            let name = signals.next().await;
            tracing::info!(signal = name, "stopping: requests in flight are finished");
            systemd::stopping();
            if name != TERMINATE {
                stop.now.cancel();
            }
            stop.soon.cancel();
            let name = signals.next().await;
            tracing::warn!(signal = name, "a second signal: requests in flight are cut");
            std::process::exit(1);
        }
    });
    Ok(stop)
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())?, hang_up: signal(SignalKind::hangup())? })
    }

    async fn next(&mut self) -> &'static str {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return TERMINATE,
                _ = self.interrupt.recv() => return "SIGINT",
                _ = self.hang_up.recv() => tracing::warn!(signal = "SIGHUP", "this version cannot reload: restart it to read the configuration again"),
            }
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        let _ = tokio::signal::ctrl_c().await;
        "Ctrl-C"
    }
}
