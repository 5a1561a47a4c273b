//! HTTP/2 has the limits and rules of HTTP/1.

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;
use stagedoor::http::limits::ServerLimits;
use tokio::{io::AsyncWriteExt, time::sleep};

use crate::{
    SHORT, connect,
    frames::{OPENING, RST_STREAM, of_stream_1, request},
    short, start, until_closed,
};

async fn client(limits: ServerLimits) -> (SendRequest<Bytes>, impl Sized) {
    let (address, stop) = start(limits).await;
    let (client, connection) = h2::client::handshake(connect(address).await).await.expect("it speaks HTTP/2");
    tokio::spawn(connection);
    (client, stop)
}

/// Status, and the bytes of the body.
async fn status(client: &mut SendRequest<Bytes>, fields: impl Iterator<Item = (String, String)>) -> (u16, usize) {
    let mut request = Request::get("http://x/").body(()).unwrap();
    request.headers_mut().extend(fields.map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap())));
    let mut ready = client.clone().ready().await.expect("the connection is open");
    let (answer, _) = ready.send_request(request, true).unwrap();
    let answer = answer.await.expect("an answer");
    let (parts, mut body) = answer.into_parts();
    let mut length = 0;
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        length += data.len();
    }
    (parts.status.as_u16(), length)
}

#[tokio::test]
async fn more_than_200_header_lines_are_refused() {
    let (mut client, _stop) = client(ServerLimits::default()).await;
    let distinct = |count| (0..count).map(|line: u32| (format!("x-line-{line}"), "x".to_owned()));
    let alike = |count| (0..count).map(|_: u32| ("x-line".to_owned(), "x".to_owned()));
    assert_eq!(status(&mut client, distinct(200)).await, (200, 4));
    assert_eq!(status(&mut client, distinct(201)).await, (431, 0));
    assert_eq!(status(&mut client, alike(201)).await, (431, 0));
    assert_eq!(status(&mut client, distinct(0)).await, (200, 4), "the connection goes on");
}

#[tokio::test]
async fn more_than_64_kib_of_headers_are_refused() {
    let (mut client, _stop) = client(ServerLimits::default()).await;
    for (kib, expected) in [(60, (200, 4)), (70, (431, 0))] {
        let fields = (0..kib).map(|line: u32| (format!("x-line-{line}"), "x".repeat(970)));
        assert_eq!(status(&mut client, fields).await, expected, "{kib} KiB");
    }
}

#[tokio::test]
async fn a_connection_that_has_asked_may_rest() {
    let (mut client, _stop) = client(ServerLimits { header_timeout: SHORT, ..ServerLimits::default() }).await;
    assert_eq!(status(&mut client, std::iter::empty()).await.0, 200);
    sleep(3 * SHORT).await;
    assert_eq!(status(&mut client, std::iter::empty()).await.0, 200);
}

/// In HTTP/1 it is refused with 400 when it names an identity header; here such a request never reaches the door.
#[tokio::test]
async fn a_connection_header_is_malformed() {
    let (address, _stop) = start(ServerLimits { ping_interval: SHORT, ping_timeout: SHORT, ..short() }).await;
    let mut stream = connect(address).await;
    stream.write_all(&[OPENING, &request(&[("connection", "close, x-forwarded-user")])].concat()).await.unwrap();
    let (read, _) = until_closed(&mut stream).await;
    let protocol_error = vec![0, 0, 0, 1];
    assert_eq!(of_stream_1(&read), [(RST_STREAM, protocol_error)]);
}
