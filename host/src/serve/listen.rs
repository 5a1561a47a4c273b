//! Opens what the server listens on: a TCP address or a unix socket, with TLS if that is configured.
//!
//! A unix socket that a dead process left is replaced, one that somebody serves is in use, anything else is left alone. It has its mode before it takes
//! the first connection, and is removed at the end if it is still ours.

use std::{io, path::PathBuf};

use http::Uri;
use tokio::net::TcpListener;

use super::StartError;
use crate::{
    config::{BackendConfig, Config, ConfigError, ConfigErrors, HttpsConfig, ListenAddress},
    http::{
        listener::Listener,
        tls::{self, Tls, TlsError},
    },
    ports::clock::{Clock, SystemClock},
};

/// The open socket, and the file of a unix socket.
pub struct Bound {
    /// Takes connections.
    pub listener: Listener,
    pub(super) file: Option<SocketFile>,
}

/// Opens the port or the socket. Nothing answers there before it is served.
pub async fn bind(config: &Config) -> Result<Bound, StartError> {
    let tls = acceptor(&config.backend)?;
    if let Some(warning) = tls.as_ref().and_then(|tls| tls.warning) {
        tracing::warn!("backend.https.certificate.cert: {warning}");
    }
    let (listener, file) = match &config.stagedoor.listen {
        ListenAddress::Tcp { .. } => (tcp(&config.stagedoor.listen.to_string()).await?, None),
        ListenAddress::Unix(path) => unix(path, config.stagedoor.socket_mode).await.map(|(listener, file)| (listener, Some(file)))?,
    };
    Ok(Bound { listener: listener.with_tls(tls.map(|tls| tls.acceptor)), file })
}

/// What `backend.https` asks for; its faults are those of the configuration.
pub fn acceptor(backend: &BackendConfig) -> Result<Option<Tls>, StartError> {
    match &backend.https {
        HttpsConfig::Off => Ok(None),
        HttpsConfig::SelfSigned => {
            let host = backend.base_url.parse::<Uri>().ok().and_then(|url| url.host().map(str::to_owned));
            tls::self_signed(host.as_deref().unwrap_or("localhost")).map(Some).map_err(|error| StartError::Https(error.to_string()))
        }
        HttpsConfig::Certificate { cert, key, origin } => tls::of_pem(cert, key.expose(), SystemClock.now()).map(Some).map_err(|error| {
            let key = match error {
                TlsError::Certificate(_) => "backend.https.certificate.cert",
                TlsError::Key(_) => "backend.https.certificate.key",
                TlsError::Pair(_) | TlsError::SelfSigned(_) => "backend.https.certificate",
            };
            StartError::Config(ConfigErrors(vec![ConfigError::at(origin, key, error.to_string())]))
        }),
    }
}

async fn tcp(address: &str) -> Result<Listener, StartError> {
    let socket = TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::AddressInUse { address: address.to_owned() },
        _ => StartError::Listen { address: address.to_owned(), source },
    })?;
    Ok(Listener::tcp(socket))
}

/// The file of a socket: removed when dropped, unless somebody else has put one in its place.
pub(super) struct SocketFile {
    path: PathBuf,
    #[cfg(unix)]
    identity: (u64, u64),
}

#[cfg(unix)]
async fn unix(path: &std::path::Path, mode: u32) -> Result<(Listener, SocketFile), StartError> {
    let address = || format!("unix:{}", path.display());
    let failed = |source| StartError::Listen { address: address(), source };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
        Ok(metadata) if !std::os::unix::fs::FileTypeExt::is_socket(&metadata.file_type()) => {
            return Err(StartError::NotASocket { path: path.to_owned() });
        }
        Ok(_) => match tokio::net::UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path).map_err(failed)?,
            // Somebody listens there, even if we may not talk to them.
            _ => return Err(StartError::AddressInUse { address: address() }),
        },
    }
    let socket = bound(path, mode).map_err(failed)?;
    let identity = SocketFile::identity(path).map_err(failed)?;
    Ok((Listener::unix(socket), SocketFile { path: path.to_owned(), identity }))
}

/// Bound, then its mode, then listening: until then nobody can connect, whatever the umask made of the file.
#[cfg(unix)]
fn bound(path: &std::path::Path, mode: u32) -> io::Result<tokio::net::UnixListener> {
    use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};
    use std::os::unix::fs::PermissionsExt;

    const BACKLOG: i32 = 1024;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)?;
    bind(&socket, &SocketAddrUnix::new(path)?)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    listen(&socket, BACKLOG)?;
    tokio::net::UnixListener::from_std(socket.into())
}

#[cfg(not(unix))]
#[expect(clippy::unused_async, reason = "as the other one")]
async fn unix(path: &std::path::Path, _mode: u32) -> Result<(Listener, SocketFile), StartError> {
    let source = io::Error::new(io::ErrorKind::Unsupported, "this system has no unix sockets");
    Err(StartError::Listen { address: format!("unix:{}", path.display()), source })
}

#[cfg(unix)]
impl SocketFile {
    fn identity(path: &std::path::Path) -> io::Result<(u64, u64)> {
        use std::os::unix::fs::MetadataExt;
        std::fs::symlink_metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
    }
}

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        if Self::identity(&self.path).is_ok_and(|identity| identity == self.identity)
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "the socket could not be removed");
        }
    }
}
