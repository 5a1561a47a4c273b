//! The end of a server: what was begun is finished, who waits is served, who rests is let go, and there is a last moment.

use std::time::{Duration, Instant};

use stagedoor::http::{
    limits::ServerLimits,
    listener::Listener,
    server::{self, Ending},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::sleep,
};

use crate::{SHORT, Stop, connect, start, until_closed};

const FAST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n";

/// A connection that has asked once, and rests.
async fn resting(address: std::net::SocketAddr) -> TcpStream {
    let mut stream = connect(address).await;
    stream.write_all(FAST).await.unwrap();
    let mut answer = [0; 1024];
    let length = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200") && !answer.contains("connection: close"), "{answer}");
    stream
}

#[tokio::test]
async fn what_runs_is_finished_and_its_client_told_to_close() {
    let (address, stop) = start(ServerLimits::default()).await;
    let mut stream = connect(address).await;
    stream.write_all(SLOW).await.unwrap();
    sleep(SHORT / 4).await;
    drop(stop);
    let (answer, _) = until_closed(&mut stream).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close") && answer.ends_with("slow"), "{answer}");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_connection_that_rests_may_ask_once_more_and_is_closed_then() {
    let (address, stop) = start(ServerLimits { linger: 2 * SHORT, ..ServerLimits::default() }).await;
    let (mut asks, mut rests) = (resting(address).await, resting(address).await);
    drop(stop);
    sleep(SHORT).await;
    asks.write_all(FAST).await.unwrap();
    let (answer, _) = until_closed(&mut asks).await;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
    assert!(until_closed(&mut rests).await.0.is_empty());
}

#[tokio::test]
async fn once_it_is_announced_connections_are_still_taken_and_told_to_close() {
    let (address, stop) = start(ServerLimits::default()).await;
    let mut rests = resting(address).await;
    stop.0.announced.cancel();
    sleep(SHORT / 4).await;
    for stream in [&mut connect(address).await, &mut rests] {
        stream.write_all(FAST).await.unwrap();
        let (answer, _) = until_closed(stream).await;
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn who_waits_to_be_accepted_is_served_too() {
    let (address, stop) = start(ServerLimits { connections: 1, ..ServerLimits::default() }).await;
    let _first = resting(address).await;
    let mut waits = connect(address).await;
    waits.write_all(FAST).await.unwrap();
    sleep(SHORT / 4).await;
    drop(stop);
    let (answer, _) = until_closed(&mut waits).await;
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn the_last_moment_does_not_wait_for_anybody() {
    let limits = ServerLimits { shutdown_timeout: SHORT / 2, ..ServerLimits::default() };
    let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let ending = Ending::default();
    let never = axum::routing::get(async || std::future::pending::<&str>().await);
    let router = axum::Router::new().route("/never", never);
    let serving = server::serve(Listener::tcp(listener), router, limits, ending.clone());
    let serving = tokio::spawn(serving);
    let mut stream = connect(address).await;
    stream.write_all(b"GET /never HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    sleep(SHORT / 4).await;
    let begun = Instant::now();
    drop(Stop(ending));
    serving.await.unwrap();
    assert!(begun.elapsed() >= SHORT / 2 && begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
