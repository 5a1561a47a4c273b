//! Clients of HTTP/1 and 2 that keep the server's memory or its connections: by not reading answers, by resting, by many streams.

use std::net::Ipv4Addr;

use axum::{Router, routing::get};
use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::Request;
use stagedoor::http::{
    limits::ServerLimits,
    listener::Listener,
    server::{self, Ending},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::{PATIENCE, SHORT, Stop, connect, start};

/// More than the kernel keeps for a client that does not read.
const LARGE: usize = 32 * 1024 * 1024;

fn limits() -> ServerLimits {
    ServerLimits { answer_timeout: SHORT, ..ServerLimits::default() }
}

async fn start_large(limits: ServerLimits) -> (TcpStream, Stop) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let ending = Ending::default();
    let router = Router::new().route("/", get(async || vec![b'x'; LARGE]));
    tokio::spawn(server::serve(Listener::tcp(listener), router, limits, ending.clone()));
    (connect(address).await, Stop(ending))
}

/// A client with this window, and its connection, which answers pings.
async fn client(stream: TcpStream, window: u32) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>) {
    let handshake = Builder::new().initial_window_size(window).handshake(stream);
    let (client, connection) = handshake.await.expect("it speaks HTTP/2");
    (client, tokio::spawn(connection))
}

fn request() -> Request<()> {
    Request::get("http://x/").body(()).unwrap()
}

#[tokio::test]
async fn who_leaves_no_window_for_an_answer_is_cut() {
    for window in [0, 1] {
        let (address, _stop) = start(limits()).await;
        let (mut client, connection) = client(connect(address).await, window).await;
        let (answer, _) = client.send_request(request(), true).unwrap();
        let answer = answer.await.expect("the headers of an answer");
        let _ = timeout(PATIENCE, connection).await.expect("the connection is cut").unwrap();
        drop(answer);
    }
}

#[tokio::test]
async fn who_does_not_read_in_http_1_is_cut() {
    let (mut stream, _stop) = start_large(limits()).await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    sleep(4 * SHORT).await;
    let mut read = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut read)).await.expect("the connection is cut");
    assert!(read.len() < LARGE, "{}", read.len());
}

#[tokio::test]
async fn who_reads_slowly_in_http_1_has_the_whole_answer() {
    let (mut stream, _stop) = start_large(limits()).await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let (mut read, mut part) = (0, vec![0; LARGE / 8]);
    loop {
        sleep(SHORT / 8).await;
        match stream.read(&mut part).await.expect("it is not cut") {
            0 => break,
            length => read += length,
        }
    }
    assert!(read > LARGE, "{read}");
}

#[tokio::test]
async fn a_connection_of_http_2_that_rests_is_let_go_in_peace() {
    let (address, _stop) = start(ServerLimits { rest_timeout: SHORT, ..ServerLimits::default() }).await;
    let (mut client, connection) = client(connect(address).await, 65_535).await;
    let (answer, _) = client.send_request(request(), true).unwrap();
    drop(answer.await.expect("an answer"));
    let ended = timeout(PATIENCE, connection).await.expect("it is closed").unwrap();
    assert!(ended.is_ok(), "with GOAWAY and no error: {ended:?}");
}

#[tokio::test]
async fn a_request_that_takes_long_does_not_rest() {
    let (address, _stop) = start(ServerLimits { rest_timeout: SHORT / 4, ..ServerLimits::default() }).await;
    let (mut client, _connection) = client(connect(address).await, 65_535).await;
    let (answer, _) = client.send_request(Request::get("http://x/slow").body(()).unwrap(), true).unwrap();
    assert_eq!(answer.await.expect("an answer").status().as_u16(), 200);
}

#[tokio::test]
async fn a_connection_of_http_2_has_only_so_many_streams() {
    let (address, _stop) = start(ServerLimits::default()).await;
    let (mut client, _connection) = client(connect(address).await, 65_535).await;
    let (answer, _) = client.send_request(request(), true).unwrap();
    answer.await.expect("an answer, and the settings before it");
    assert_eq!(client.current_max_send_streams(), 32);
}
