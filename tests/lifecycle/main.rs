//! From start to stop, seen from outside: the real binary in a process of its own, over TCP, TLS and a unix socket, with load on it and with systemd's
//! questions.
#![cfg(unix)]

mod load;
mod start;
mod systemd;
mod tls;
mod trust;
mod unix_socket;

/// A sign-in.
pub(crate) const REFRESH: &str = "/api/auth/oauth2Proxy/refresh";
/// What a load balancer asks.
pub(crate) const READINESS: &str = "/.backstage/health/v1/readiness";
/// What tells a process that hangs from one that works.
pub(crate) const LIVENESS: &str = "/.backstage/health/v1/liveness";
