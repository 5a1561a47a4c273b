//! Large header sets. The recordings end at 9.5 kB, so these are made here: `huge` of the recording's people, with 1,500 groups of a directory.

use std::fmt::Write;

use crate::{RESOLVERS, config, server::Server, wire::exchange};

/// The request of somebody in this many groups, as oauth2-proxy writes it.
fn request(groups: usize) -> Vec<u8> {
    let mut list = String::new();
    for group in 0..groups {
        let comma = if group == 0 { "" } else { "," };
        let _ = write!(list, "{comma}cn=team-{group:04},ou=groups");
    }
    format!(
        "GET /api/auth/oauth2Proxy/refresh HTTP/1.1\r\nHost: localhost:9510\r\nUser-Agent: kit\r\nAccept: */*\r\n\
         X-Forwarded-Email: huge@example.com\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Groups: {list}\r\n\
         X-Forwarded-Preferred-Username: huge\r\nX-Forwarded-User: huge\r\nX-Requested-With: XMLHttpRequest\r\n\r\n"
    )
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifteen_hundred_groups_sign_in() {
    let request = request(1500);
    assert!(request.len() > 34_000, "{}", request.len());
    for (resolver, settings) in RESOLVERS {
        let server = Server::start(|_| config(settings)).await;
        let answer = exchange(server.address, &request).await.unwrap();
        let body = String::from_utf8(answer.body).unwrap();
        assert!(answer.status == 200 && body.contains(r#""userEntityRef":"user:default/huge""#), "{resolver}: {} {body}", answer.status);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_64_kib_of_headers_are_refused() {
    let server = Server::start(|_| config(RESOLVERS[0].1)).await;
    for (groups, expected) in [(2700, 200), (3000, 431)] {
        let request = request(groups);
        let answer = exchange(server.address, &request).await.unwrap();
        assert_eq!(answer.status, expected, "{} bytes", request.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_200_header_lines_are_refused() {
    let server = Server::start(|_| config(RESOLVERS[0].1)).await;
    for (lines, expected) in [(190, 200), (201, 431)] {
        let mut request = String::from("GET /api/auth/oauth2Proxy/refresh HTTP/1.1\r\nhost: x\r\nx-forwarded-user: jane\r\n");
        for line in 0..lines {
            let _ = write!(request, "x-line-{line}: x\r\n");
        }
        request.push_str("\r\n");
        let answer = exchange(server.address, request.as_bytes()).await.unwrap();
        assert_eq!(answer.status, expected, "{lines} lines");
    }
}
