//! Which addresses a name has.

use std::{io, net::IpAddr};

use super::BoxFuture;

/// Looks up names of hosts.
pub trait Names: Send + Sync {
    /// The addresses of this host, in the order in which they are tried.
    fn look_up<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}
