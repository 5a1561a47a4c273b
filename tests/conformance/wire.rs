//! HTTP/1 over a bare socket: the bytes of a request go out exactly as they are, duplicates, NUL and all; the answer is parsed by hand.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug)]
pub(crate) struct WireAnswer {
    /// The status.
    pub(crate) status: u16,
    /// The headers in their order, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// Sends a request on a connection of its own and reads one answer.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> io::Result<WireAnswer> {
    let answer = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request).await?;
        read_answer(&mut stream).await
    };
    tokio::time::timeout(TIMEOUT, answer).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// Bodies end where `content-length` says, or with the connection.
async fn read_answer(stream: &mut TcpStream) -> io::Result<WireAnswer> {
    let mut read = Vec::new();
    loop {
        if let Some(answer) = parsed(&read).filter(|(_, complete)| *complete) {
            return Ok(answer.0);
        }
        if stream.read_buf(&mut read).await? == 0 {
            return parsed(&read).map(|(answer, _)| answer).ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The answer as far as it is there, and whether that is all of it.
fn parsed(bytes: &[u8]) -> Option<(WireAnswer, bool)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let field = |(name, value): (&str, &str)| (name.to_ascii_lowercase(), value.trim().to_owned());
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(':')).map(field).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse::<usize>().ok());
    let body = bytes[end + 4..].to_vec();
    let complete = length.is_some_and(|length| body.len() >= length);
    Some((WireAnswer { status, headers, body }, complete))
}
