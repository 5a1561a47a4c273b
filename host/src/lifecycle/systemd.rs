//! What systemd is told (`Type=notify`): that the server serves, that it is alive, that it stops. Without `NOTIFY_SOCKET` nobody listens.

use std::time::Duration;

use sd_notify::NotifyState;

/// The server serves there. From then on, if systemd asked for that (`WatchdogSec=`), it is told that the runtime is alive.
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

/// The server was told to stop.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping: requests in flight are finished")]);
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd could not be told");
    }
}
