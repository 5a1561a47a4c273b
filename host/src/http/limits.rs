//! What a client may send, how long it may take, and how many clients there may be.

use std::time::Duration;

/// Limits of the listener. They are not configured: a test shortens the times.
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
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// How long requests may go on after the listener closed.
    pub drain: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            header_bytes: 64 * 1024,
            header_lines: 200,
            header_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
            connections: 10_000,
            drain: Duration::from_secs(10),
        }
    }
}
