//! The server from its first answer to its last: it answers health at once, everything else when it is told what to serve, and ends without cutting
//! a request.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::{
    listen::{Bound, SocketFile},
    surroundings::surroundings,
};
use crate::{
    config::Config,
    generation::snapshot::Snapshot,
    http::{
        limits::ServerLimits,
        router,
        server::{self, Ending},
        state::AppState,
    },
    lifecycle::Stop,
};

/// A server that answers.
pub struct Open {
    state: AppState,
    serving: JoinHandle<()>,
    _file: Option<SocketFile>,
}

/// Answers on what was bound, until it is told to stop.
pub fn open(config: &Config, bound: Bound, stop: Stop) -> Open {
    let Bound { listener, file } = bound;
    let state = AppState::starting(config.backend.auth_external_url(), config.backend.lifecycle.startup_request_pause_timeout);
    let ending = Ending::default();
    let serving = tokio::spawn(server::serve(listener, router(state.clone(), surroundings(&config.backend)), limits(config), ending.clone()));
    tokio::spawn(end(stop, state.clone(), ending, config.backend.lifecycle.server_shutdown_delay));
    Open { state, serving, _file: file }
}

/// Readiness goes first; whoever looks at it has a while to send their requests elsewhere.
async fn end(stop: Stop, state: AppState, ending: Ending, delay: Duration) {
    stop.soon.cancelled().await;
    state.stop();
    ending.announced.cancel();
    tokio::select! {
        () = tokio::time::sleep(delay) => {}
        () = stop.now.cancelled() => {}
    }
    ending.begun.cancel();
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
    let server = &config.backend.server;
    ServerLimits {
        header_timeout: server.headers_timeout,
        rest_timeout: server.keep_alive_timeout,
        shutdown_timeout: config.stagedoor.limits.shutdown_timeout,
        ..ServerLimits::default()
    }
}
