//! What a client may send, how long it may take, and how many clients there may be.

use std::time::Duration;

/// Limits of the listener. Some are configured; a test shortens the times.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Bytes of a request's headers: 1,500 groups from a directory are 34 kB.
    pub header_bytes: usize,
    /// Header lines of a request.
    pub header_lines: usize,
    /// How long a client may take to send the headers of a request, and a connection to bring its first one.
    pub header_timeout: Duration,
    /// How often an HTTP/2 client is asked whether it is still there.
    pub ping_interval: Duration,
    /// How long it may take to say so.
    pub ping_timeout: Duration,
    /// Requests at once on a connection of HTTP/2.
    pub streams: u32,
    /// How long an answer may take to leave in HTTP/2, and a client of either version may take nothing of what is sent to it.
    pub answer_timeout: Duration,
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// How long a connection may rest between two requests. In HTTP/1 hyper has one timer for this and for headers, so that the longer time counts; in
    /// HTTP/2 it is asked to leave after one to two of these times.
    pub rest_timeout: Duration,
    /// How long connections that rest are kept when no new ones are taken any more: a request may be on its way.
    pub linger: Duration,
    /// How long an end may take from its announcement; what still runs then is cut.
    pub shutdown_timeout: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            header_bytes: 64 * 1024,
            header_lines: 200,
            header_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
            streams: 32,
            answer_timeout: Duration::from_secs(20),
            connections: 10_000,
            rest_timeout: Duration::from_secs(10),
            linger: Duration::from_millis(500),
            shutdown_timeout: Duration::from_secs(25),
        }
    }
}
