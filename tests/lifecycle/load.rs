//! SIGTERM under load cuts no request: readiness goes first, connections are asked to close, new ones are refused cleanly, and the exit code is 0.

use std::{
    io,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use http::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::sleep,
};

use stagedoor_tests::{
    door::{Door, Settings},
    wire::{Answer, request},
};

use crate::{READINESS, REFRESH};

/// What the clients met.
#[derive(Default)]
struct Seen {
    answered: AtomicUsize,
    asked_to_close: AtomicUsize,
    cut: std::sync::Mutex<Vec<String>>,
}

impl Seen {
    fn cut(&self, what: impl Into<String>) {
        self.cut.lock().unwrap().push(what.into());
    }
}

/// One answer on a connection that stays open, and whether the server asked for its end. `None` if it closed before any byte.
async fn exchange(stream: &mut TcpStream) -> io::Result<Option<(String, bool)>> {
    stream.write_all(request(REFRESH, &[("x-forwarded-user", "alice")]).as_bytes()).await?;
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
            if length.is_some_and(|length| body.len() >= length) {
                let close = head.to_ascii_lowercase().contains("connection: close");
                return Ok(Some((text.into_owned(), close)));
            }
        }
        let mut part = [0; 4096];
        match stream.read(&mut part).await? {
            0 if bytes.is_empty() => return Ok(None),
            0 => return Err(io::Error::other(format!("half an answer: {text:?}"))),
            length => bytes.extend(&part[..length]),
        }
    }
}

/// Asks on one connection as long as it may; `fresh` makes a new one each time. Ends when nobody listens any more.
async fn http_1(port: u16, fresh: bool, seen: Arc<Seen>) {
    while let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        let mut first = true;
        loop {
            match exchange(&mut stream).await {
                Ok(Some((answer, close))) => {
                    seen.answered.fetch_add(1, Ordering::Relaxed);
                    if !answer.contains("user:default/alice") {
                        seen.cut(answer);
                    }
                    if close {
                        seen.asked_to_close.fetch_add(1, Ordering::Relaxed);
                    }
                    if close || fresh {
                        break;
                    }
                }
                // A connection that was never served: refused before any byte, which every client tries again.
                Err(error) if first && error.kind() == io::ErrorKind::ConnectionReset => break,
                Ok(None) => {
                    seen.cut("closed instead of an answer");
                    break;
                }
                Err(error) => {
                    seen.cut(error.to_string());
                    break;
                }
            }
            first = false;
        }
    }
}

/// Asks in HTTP/2, several requests at once, until the server says that it goes away.
async fn http_2(port: u16, seen: Arc<Seen>) {
    while let Ok(stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        let Ok((client, connection)) = h2::client::handshake(stream).await else { return };
        let connection = tokio::spawn(connection);
        while let Ok(mut client) = client.clone().ready().await {
            let ask = || Request::get(format!("http://localhost{REFRESH}")).header("x-forwarded-user", "alice").body(()).unwrap();
            let Ok(pending) = (0..4).map(|_| client.send_request(ask(), true)).collect::<Result<Vec<_>, _>>() else { break };
            for (answer, _) in pending {
                match answer.await {
                    Ok(answer) if answer.status() == 200 => {
                        let mut body = answer.into_body();
                        while let Some(part) = body.data().await {
                            if let Err(error) = part {
                                seen.cut(format!("half an answer of HTTP/2: {error}"));
                            }
                        }
                        seen.answered.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(answer) => seen.cut(format!("HTTP/2: {}", answer.status())),
                    Err(error) => seen.cut(format!("HTTP/2: {error}")),
                }
            }
        }
        let _ = connection.await;
    }
}

/// What readiness said over time, each answer once in a row.
async fn probe(port: u16) -> Vec<u16> {
    let mut said = Vec::new();
    while let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await {
        let mut bytes = Vec::new();
        let asked = stream.write_all(request(READINESS, &[("connection", "close")]).as_bytes()).await;
        if asked.is_ok()
            && stream.read_to_end(&mut bytes).await.is_ok()
            && let Ok(answer) = Answer::parse(&bytes)
            && said.last() != Some(&answer.status)
        {
            said.push(answer.status);
        }
        sleep(Duration::from_millis(2)).await;
    }
    said
}

async fn terminated_under_load(delay: &str) -> (Arc<Seen>, Vec<u16>) {
    let mut door = tokio::task::block_in_place(|| Door::ready(&Settings { delay: Some(delay), ..Settings::default() }));
    let (port, seen, mut clients) = (door.port(), Arc::new(Seen::default()), JoinSet::new());
    for number in 0..24 {
        let seen = Arc::clone(&seen);
        match number % 4 {
            0 => clients.spawn(http_2(port, seen)),
            1 => clients.spawn(http_1(port, true, seen)),
            _ => clients.spawn(http_1(port, false, seen)),
        };
    }
    let readiness = tokio::spawn(probe(port));
    sleep(Duration::from_millis(500)).await;
    let before = seen.answered.load(Ordering::Relaxed);
    door.signal("TERM");
    while clients.join_next().await.is_some() {}
    let code = tokio::task::block_in_place(|| door.ended());
    let after = seen.answered.load(Ordering::Relaxed) - before;
    println!("delay {delay}: {before} answers before SIGTERM, {after} after it");
    assert_eq!(code, Some(0), "{}", door.log());
    let cut = seen.cut.lock().unwrap().clone();
    assert!(cut.is_empty(), "{} requests were cut: {:?}\n{}", cut.len(), &cut[..cut.len().min(3)], door.log());
    assert!(before > 50 && after > 0, "there was load: {before}, {after}");
    assert!(!door.log().contains("are cut"), "{}", door.log());
    (seen, readiness.await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_cut_and_readiness_goes_first() {
    let (seen, readiness) = terminated_under_load("700ms").await;
    assert_eq!(readiness, [200, 503], "ready, then not any more while requests were still taken");
    assert!(seen.asked_to_close.load(Ordering::Relaxed) > 0, "connections were asked to close");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_cut_without_a_delay_either() {
    terminated_under_load("0s").await;
}

/// Somebody who presses Ctrl-C waits for no load balancer.
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_does_not_wait_for_the_delay() {
    let mut door = tokio::task::block_in_place(|| Door::ready(&Settings { delay: Some("20s"), ..Settings::default() }));
    let begun = Instant::now();
    door.signal("INT");
    assert_eq!(tokio::task::block_in_place(|| door.ended()), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(19), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let mut door = tokio::task::block_in_place(|| Door::ready(&Settings { delay: Some("20s"), ..Settings::default() }));
    door.signal("TERM");
    let stopping = tokio::task::block_in_place(|| door.wait_for(|answer| answer.status == 503));
    assert_eq!(stopping.body(), r#"{"message":"Backend is shutting down","status":"error"}"#);
    assert!(door.get(REFRESH, &[("x-forwarded-user", "alice")]).is_alice(), "it serves as long as it is asked");
    door.signal("TERM");
    assert_eq!(tokio::task::block_in_place(|| door.ended()), Some(1));
}
