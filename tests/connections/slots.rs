//! There are only so many connections at once.

use std::time::Duration;

use stagedoor::http::limits::ServerLimits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{PATIENCE, connect, start};

/// Asks and reads the answer, which is short enough to come in one piece.
async fn asked(stream: &mut TcpStream, patience: Duration) -> Option<String> {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 1024];
    let length = timeout(patience, stream.read(&mut answer)).await.ok()?.unwrap();
    Some(String::from_utf8_lossy(&answer[..length]).into_owned())
}

#[tokio::test]
async fn one_connection_too_many_waits_until_another_ends() {
    let (address, _stop) = start(ServerLimits { connections: 2, ..ServerLimits::default() }).await;
    let (mut first, mut second) = (connect(address).await, connect(address).await);
    for stream in [&mut first, &mut second] {
        assert!(asked(stream, PATIENCE).await.is_some_and(|answer| answer.starts_with("HTTP/1.1 200")));
    }
    let mut third = connect(address).await;
    assert_eq!(asked(&mut third, Duration::from_millis(300)).await, None);
    drop(first);
    let mut answer = [0; 12];
    timeout(PATIENCE, third.read_exact(&mut answer)).await.expect("it is its turn").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    assert!(asked(&mut second, PATIENCE).await.is_some(), "the others were not disturbed");
}
