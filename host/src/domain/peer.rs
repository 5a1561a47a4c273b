//! Who holds the other end of a connection.

use std::{fmt, net::IpAddr};

/// Whoever holds the other end of the connection: read from the socket, never from a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A TCP peer; IPv4 in IPv6 is unwrapped.
    Address(IpAddr),
    /// Somebody on this machine who may open the unix socket.
    Unix,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}
