//! The server from its first answer to its last: it answers health at once, everything else when it is told what to serve, and ends without cutting
//! a request.

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::listen::{Bound, SocketFile};
use crate::{
    config::Config,
    generation::snapshot::Snapshot,
    http::{limits::ServerLimits, router, server, state::AppState},
};

/// A server that answers.
pub struct Open {
    state: AppState,
    serving: JoinHandle<()>,
    _file: Option<SocketFile>,
}

/// Answers on what was bound, until the token is cancelled.
pub fn open(config: &Config, bound: Bound, stop: CancellationToken) -> Open {
    let Bound { listener, file } = bound;
    let state = AppState::starting(config.backend.auth_external_url(), config.backend.lifecycle.startup_request_pause_timeout);
    tokio::spawn({
        let (state, stop) = (state.clone(), stop.clone());
        async move {
            stop.cancelled().await;
            state.stop();
        }
    });
    let serving = tokio::spawn(server::serve(listener, router(state.clone()), limits(config), stop));
    Open { state, serving, _file: file }
}

impl Open {
    /// From now on this is served.
    pub fn start(&self, snapshot: Snapshot) {
        self.state.start(snapshot);
    }

    /// Waits until the last connection has ended.
    pub async fn ended(self) {
        // A panic there has been told by the panic hook.
        let _ = self.serving.await;
    }
}

/// What the listener allows, as far as it is configured.
fn limits(config: &Config) -> ServerLimits {
    let (server, lifecycle) = (&config.backend.server, &config.backend.lifecycle);
    ServerLimits {
        header_timeout: server.headers_timeout,
        rest_timeout: server.keep_alive_timeout,
        shutdown_delay: lifecycle.server_shutdown_delay,
        shutdown_timeout: config.stagedoor.limits.shutdown_timeout,
        ..ServerLimits::default()
    }
}
