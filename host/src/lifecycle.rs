//! How a running server is told to end.

use std::io;

use tokio_util::sync::CancellationToken;

/// A token that is cancelled by the first SIGTERM or SIGINT (Ctrl-C elsewhere). A second one ends the process at once. SIGHUP, which will mean "read
/// the configuration again", ends nothing.
pub fn stop_on_signal() -> io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let mut signals = Signals::listen()?;
    tokio::spawn({
        let token = token.clone();
        async move {
            let name = signals.next().await;
            tracing::info!(signal = name, "stopping: requests in flight are finished");
            token.cancel();
            let name = signals.next().await;
            tracing::warn!(signal = name, "a second signal: requests in flight are cut");
            std::process::exit(1);
        }
    });
    Ok(token)
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
                _ = self.terminate.recv() => return "SIGTERM",
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
