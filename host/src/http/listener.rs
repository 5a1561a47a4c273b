//! Where connections come from: TCP or a unix socket, with or without TLS. The peer is read from the socket, whatever is inside the connection.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::ports::proxy_authenticator::Peer;

/// An open socket that takes connections.
pub struct Listener {
    socket: Socket,
    /// What a connection begins with, if it is encrypted.
    pub(super) tls: Option<TlsAcceptor>,
}

enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

/// What TCP, unix sockets and TLS have in common.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection that was taken.
pub(super) enum Accepted {
    Tcp(TcpStream, SocketAddr),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

impl Listener {
    /// Over TCP.
    pub fn tcp(socket: TcpListener) -> Self {
        Self { socket: Socket::Tcp(socket), tls: None }
    }

    /// Over a unix socket.
    #[cfg(unix)]
    pub fn unix(socket: tokio::net::UnixListener) -> Self {
        Self { socket: Socket::Unix(socket), tls: None }
    }

    /// With TLS inside.
    #[must_use]
    pub fn with_tls(self, tls: Option<TlsAcceptor>) -> Self {
        Self { tls, ..self }
    }

    /// Whether connections are encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Where it listens; `None` for a unix socket.
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(socket) => socket.local_addr().ok(),
            #[cfg(unix)]
            Socket::Unix(_) => None,
        }
    }

    /// Closes it, and gives everybody who was in its queue: else they would be reset, with what they have sent.
    pub(super) fn into_waiting(self) -> Vec<Accepted> {
        // Both keep on not blocking, so the first error says that the queue is empty.
        match self.socket {
            Socket::Tcp(socket) => {
                let waiting = socket.into_std().into_iter().flat_map(|socket| std::iter::from_fn(move || socket.accept().ok()));
                waiting.filter_map(|(stream, address)| Some(Accepted::Tcp(of_std(stream)?, address))).collect()
            }
            #[cfg(unix)]
            Socket::Unix(socket) => {
                let waiting = socket.into_std().into_iter().flat_map(|socket| std::iter::from_fn(move || socket.accept().ok()));
                let stream = |(stream, _): (std::os::unix::net::UnixStream, _)| {
                    stream.set_nonblocking(true).ok()?;
                    tokio::net::UnixStream::from_std(stream).ok().map(Accepted::Unix)
                };
                waiting.filter_map(stream).collect()
            }
        }
    }

    /// The next connection.
    pub(super) async fn accept(&self) -> io::Result<Accepted> {
        match &self.socket {
            Socket::Tcp(socket) => socket.accept().await.map(|(stream, address)| Accepted::Tcp(stream, address)),
            #[cfg(unix)]
            Socket::Unix(socket) => socket.accept().await.map(|(stream, _)| Accepted::Unix(stream)),
        }
    }
}

fn of_std(stream: std::net::TcpStream) -> Option<TcpStream> {
    stream.set_nonblocking(true).ok()?;
    TcpStream::from_std(stream).ok()
}

impl Accepted {
    /// Whoever holds the other end.
    pub(super) fn peer(&self) -> Peer {
        match self {
            Self::Tcp(_, address) => Peer::Address(address.ip().to_canonical()),
            #[cfg(unix)]
            Self::Unix(_) => Peer::Unix,
        }
    }

    pub(super) fn into_stream(self) -> Box<dyn Stream> {
        match self {
            Self::Tcp(stream, _) => {
                // Answers are small: they must not wait for more.
                let _ = stream.set_nodelay(true);
                Box::new(stream)
            }
            #[cfg(unix)]
            Self::Unix(stream) => Box::new(stream),
        }
    }
}
