//! How a running server is told to end, and what it tells systemd about itself.

use std::{io, time::Duration};

use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;

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
            tell(&[NotifyState::Stopping, NotifyState::Status("stopping: requests in flight are finished")]);
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

/// Tells systemd that the server serves, and from then on, if it asked for that (`WatchdogSec=`), that the runtime is alive.
pub fn ready(place: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&format!("serving on {place}"))]);
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    tokio::spawn(async move {
        let mut beat = tokio::time::interval((limit / 3).max(Duration::from_millis(1)));
        loop {
            beat.tick().await;
            tell(&[NotifyState::Watchdog]);
        }
    });
}

/// Without `NOTIFY_SOCKET` nobody listens.
fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd could not be told");
    }
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
