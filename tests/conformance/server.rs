//! The real server in this process, on a free port of loopback, with the clock of the test.

use std::net::{Ipv4Addr, SocketAddr};

use stagedoor::http::{
    limits::ServerLimits,
    listener::Listener,
    server::{self, Ending},
};
use stagedoor_tests::App;
use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;

/// Serves until it is dropped.
pub(crate) struct Server {
    /// What serves.
    pub(crate) app: App,
    /// Where.
    pub(crate) address: SocketAddr,
    _stop: [DropGuard; 2],
}

impl Server {
    /// Starts with the configuration that is made for this address.
    pub(crate) async fn start(config: impl FnOnce(SocketAddr) -> String) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the address of a listener");
        let app = App::start(&config(address)).await;
        let ending = Ending::default();
        tokio::spawn(server::serve(Listener::tcp(listener), app.router.clone(), ServerLimits::default(), ending.clone()));
        Self { app, address, _stop: [ending.announced.drop_guard(), ending.begun.drop_guard()] }
    }
}
