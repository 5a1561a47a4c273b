//! What a single exchange does not show: a connection goes on to the next request, whatever became of a body, and nobody waits for one for ever.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use http::Request;
use http_body::Frame;
use stagedoor_tests::App;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    REFRESH,
    config::config,
    server::Server,
    wire::{WireAnswer, parsed},
};

/// A connection that is kept.
struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    async fn open(server: &Server) -> Self {
        Self { stream: TcpStream::connect(server.address).await.unwrap(), read: Vec::new() }
    }

    async fn send(&mut self, request: &str) {
        self.stream.write_all(request.as_bytes()).await.unwrap();
    }

    /// One answer, which has a length; `None` if the connection ends before.
    async fn answer(&mut self) -> Option<WireAnswer> {
        let answer = async {
            loop {
                if let Some((mut answer, true)) = parsed(&self.read) {
                    let length = answer.headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse::<usize>().unwrap();
                    self.read = answer.body.split_off(length);
                    return Some(answer);
                }
                if self.stream.read_buf(&mut self.read).await.ok()? == 0 {
                    return None;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), answer).await.expect("an answer in time")
    }

    async fn status(&mut self) -> Option<u16> {
        self.answer().await.map(|answer| answer.status)
    }
}

async fn server() -> Server {
    Server::start(|_| config("base", &serde_json::Value::Null)).await
}

fn post(content_type: &str, length: usize, body: &str) -> String {
    format!("POST {REFRESH} HTTP/1.1\r\nhost: x\r\nx-forwarded-user: alice\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n{body}")
}

const GET: &str = "GET /.backstage/health/v1/liveness HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn a_connection_outlives_any_body_of_up_to_a_megabyte() {
    let server = server().await;
    let mut connection = Connection::open(&server).await;
    let (json, form, text) = ("application/json", "application/x-www-form-urlencoded", "text/plain");
    for (content_type, body, status) in [
        (text, "x".to_owned(), 200),
        (text, "x".repeat(1_000_000), 200),
        (json, "{}".to_owned(), 200),
        (json, "{".to_owned(), 400),
        ("application/json; charset=x", "{}".to_owned(), 415),
        (json, " ".repeat(102_401), 413),
        (json, " ".repeat(1_000_000), 413),
        (form, "x".repeat(102_400), 200),
        (form, "&".repeat(1000), 413),
    ] {
        connection.send(&post(content_type, body.len(), &body)).await;
        assert_eq!(connection.status().await, Some(status), "{content_type}, {} bytes", body.len());
        connection.send(GET).await;
        assert_eq!(connection.status().await, Some(200), "after {content_type}, {} bytes", body.len());
    }
    let chunks = "4000\r\n".to_owned() + &"x".repeat(0x4000) + "\r\n";
    let head = format!("POST {REFRESH} HTTP/1.1\r\nhost: x\r\ncontent-type: {json}\r\ntransfer-encoding: chunked\r\n\r\n");
    connection.send(&(head + &chunks.repeat(20) + "0\r\n\r\n" + GET)).await;
    assert_eq!((connection.status().await, connection.status().await), (Some(413), Some(200)));
}

#[tokio::test]
async fn a_larger_body_is_not_read_to_its_end() {
    let server = server().await;
    let mut connection = Connection::open(&server).await;
    connection.send(&post("text/plain", 1_000_000_000, &"x".repeat(1_100_000))).await;
    assert_eq!(connection.status().await, Some(200));
    assert_eq!(connection.status().await, None, "the connection is closed");
}

#[tokio::test]
async fn a_client_that_waits_to_be_asked_for_its_body_is_asked() {
    let server = server().await;
    let mut connection = Connection::open(&server).await;
    connection.send(&post("application/json", 2, "").replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n")).await;
    let mut interim = [0; 25];
    connection.stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    connection.send("{}").await;
    assert_eq!(connection.status().await, Some(200));
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_given_up() {
    let app = App::start(&config("base", &serde_json::Value::Null)).await;
    let ask = async |content_type| {
        let request = Request::post(REFRESH).header("content-type", content_type).header("content-length", "5");
        let answer = app.call(request.body(Body::new(Silence)).unwrap(), "127.0.0.1").await;
        assert_eq!((answer.status.as_u16(), answer.error().as_deref()), (408, Some("RequestTimeoutError")), "{content_type}");
    };
    tokio::join!(ask("application/json"), ask("text/plain"));
}

#[tokio::test]
async fn bodies_that_do_not_arrive_have_only_so_much_memory() {
    let app = Arc::new(App::start(&config("base", &serde_json::Value::Null)).await);
    let request = |body| {
        let request = Request::post(REFRESH).header("content-type", "application/json").header("x-forwarded-user", "alice");
        request.body(body).unwrap()
    };
    let mut waiting = JoinSet::new();
    for _ in 0..170 {
        let (app, request) = (Arc::clone(&app), request(Body::new(Silence)));
        waiting.spawn(async move { app.call(request, "127.0.0.1").await });
    }
    let refused = waiting.join_next().await.unwrap().unwrap();
    assert_eq!((refused.status.as_u16(), refused.error().as_deref()), (503, Some("ServiceUnavailableError")));
    for body in [Body::empty(), Body::from("{}")] {
        assert_eq!(app.call(request(body), "127.0.0.1").await.status.as_u16(), 200, "what is there waits for nobody");
    }
    waiting.shutdown().await;
    assert_eq!(app.call(request(Body::new(Silence)), "127.0.0.1").await.status.as_u16(), 408, "there is room again");
}

/// HTTP/2 announces neither length nor chunks.
#[tokio::test]
async fn a_body_without_a_length_is_read_too() {
    let app = App::start(&config("base", &serde_json::Value::Null)).await;
    for (body, status) in [("{}", 500), ("{", 400)] {
        let request = Request::post(REFRESH).header("content-type", "application/json").body(Body::from(body)).unwrap();
        assert_eq!(app.call(request, "127.0.0.1").await.status.as_u16(), status, "{body}");
    }
}

/// A body of which nothing comes.
struct Silence;

impl HttpBody for Silence {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}
