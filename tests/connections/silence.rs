//! A connection must bring a request soon, and in HTTP/2 show that somebody is still there.

use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep_until},
};

use crate::{
    SHORT, connect,
    frames::{HEADERS, OPENING, of_stream_1, request, unfinished_request},
    short, start, until_closed,
};

#[tokio::test]
async fn a_connection_that_asks_nothing_is_closed() {
    let (address, _stop) = start(short()).await;
    let unfinished = [OPENING, &unfinished_request()].concat();
    let silences: [(&str, &[u8]); 6] = [
        ("nothing at all", b""),
        ("a part of the preface of HTTP/2", b"PRI * HT"),
        ("all of the preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("the preface and settings", OPENING),
        ("a part of a request of HTTP/2", &unfinished),
        ("a part of a request of HTTP/1", b"GET / HTTP/1.1\r\nhost: x\r\n"),
    ];
    for (what, bytes) in silences {
        let mut stream = connect(address).await;
        stream.write_all(bytes).await.unwrap();
        let (_, after) = until_closed(&mut stream).await;
        assert!(after > SHORT / 2, "{what}: it has its time");
    }
}

#[tokio::test]
async fn a_request_that_takes_long_is_not_cut() {
    let (address, _stop) = start(short()).await;
    let mut stream = connect(address).await;
    stream.write_all(b"GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
    let (answer, after) = until_closed(&mut stream).await;
    assert!(answer.starts_with(b"HTTP/1.1 200") && after > 2 * SHORT, "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn an_http_2_client_that_is_gone_is_found_out() {
    let limits = stagedoor::http::limits::ServerLimits { ping_interval: SHORT, ping_timeout: SHORT, ..short() };
    let (address, _stop) = start(limits).await;
    let mut stream = connect(address).await;
    // It asks once, and answers no ping.
    stream.write_all(&[OPENING, &request(&[])].concat()).await.unwrap();
    let begun = Instant::now();
    sleep_until(begun + SHORT / 4).await;
    let (read, _) = until_closed(&mut stream).await;
    assert_eq!(of_stream_1(&read)[0].0, HEADERS, "it had an answer");
    assert!(begun.elapsed() > SHORT, "and its time");
}
