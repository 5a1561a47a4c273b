//! TLS begins with a handshake, which has the time that a first request has, and no more of the server than that.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, routing::get};
use stagedoor::http::{
    limits::ServerLimits,
    listener::Listener,
    server::{self, Ending},
    tls,
};
use tokio::{io::AsyncWriteExt, net::TcpListener, time::sleep};

use crate::{PATIENCE, SHORT, Stop, connect, short, until_closed};

async fn start(limits: ServerLimits) -> (SocketAddr, Stop) {
    let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let listener = Listener::tcp(listener).with_tls(Some(tls::self_signed("localhost").unwrap().acceptor));
    let ending = Ending::default();
    tokio::spawn(server::serve(listener, Router::new().route("/", get(async || "fast")), limits, ending.clone()));
    (address, Stop(ending))
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_closed_and_frees_its_slot() {
    let (address, _stop) = start(ServerLimits { connections: 1, ..short() }).await;
    // The beginning of a record of 512 bytes, the rest of which never comes.
    let begun: [&[u8]; 3] = [b"", &[22], &[22, 3, 1, 2, 0, 1, 0, 1, 0xfc]];
    for bytes in begun {
        // With one slot, each of them begins where the one before it ended.
        let mut stream = connect(address).await;
        stream.write_all(bytes).await.unwrap();
        let (_, after) = until_closed(&mut stream).await;
        assert!(after > SHORT / 2, "{bytes:?}: it has its time");
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_end_keeps_no_server_from_ending() {
    let (address, stop) = start(ServerLimits { header_timeout: 10 * PATIENCE, ..ServerLimits::default() }).await;
    let mut stream = connect(address).await;
    stream.write_all(&[22, 3, 1]).await.unwrap();
    sleep(SHORT / 4).await;
    drop(stop);
    until_closed(&mut stream).await;
}

#[tokio::test]
async fn what_is_no_tls_is_refused_at_once() {
    let (address, _stop) = start(ServerLimits { header_timeout: PATIENCE + Duration::from_mins(1), ..ServerLimits::default() }).await;
    let mut stream = connect(address).await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let (read, _) = until_closed(&mut stream).await;
    assert!(!read.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&read));
}
