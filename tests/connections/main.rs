//! What a connection may cost: silent ones are closed, there are only so many, and HTTP/2 has the limits of HTTP/1. The listener as it is, over
//! routes that need no resolver.

mod ending;
mod frames;
mod hoarding;
mod http2;
mod silence;
mod slots;
mod tls;

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use stagedoor::http::{
    limits::ServerLimits,
    listener::Listener,
    server::{self, Ending},
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

/// Stands for ten seconds.
const SHORT: Duration = Duration::from_millis(400);
/// Long enough for a busy machine, and far from what would be forever.
const PATIENCE: Duration = Duration::from_secs(8);

/// What ends a server when it is dropped: announced and begun at once.
struct Stop(Ending);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.announced.cancel();
        self.0.begun.cancel();
    }
}

/// Serves until the guard is dropped: `/` at once, `/slow` after more than the time for headers.
async fn start(limits: ServerLimits) -> (SocketAddr, Stop) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = listener.local_addr().expect("the address of a listener");
    let slow = async || {
        sleep(3 * SHORT).await;
        "slow"
    };
    let router = Router::new().route("/", get(async || "fast")).route("/slow", get(slow));
    let ending = Ending::default();
    tokio::spawn(server::serve(Listener::tcp(listener), router, limits, ending.clone()));
    (address, Stop(ending))
}

fn short() -> ServerLimits {
    ServerLimits { header_timeout: SHORT, rest_timeout: SHORT, ..ServerLimits::default() }
}

async fn connect(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("it listens")
}

/// Everything that comes until the server closes, and after which time it did.
async fn until_closed(stream: &mut TcpStream) -> (Vec<u8>, Duration) {
    let (begun, mut read) = (Instant::now(), Vec::new());
    if let Err(error) = timeout(PATIENCE, stream.read_to_end(&mut read)).await.expect("it is closed at last") {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    (read, begun.elapsed())
}
