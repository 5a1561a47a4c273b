//! HTTP/1 over a bare socket: the bytes of a request go out exactly as they are, duplicates, NUL and all; the answer is parsed by hand.

use std::{
    io::{self, Read},
    net::SocketAddr,
    time::Duration,
};

use flate2::read::{GzDecoder, ZlibDecoder};
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
    /// The body, its chunks put together.
    pub(crate) body: Vec<u8>,
}

impl WireAnswer {
    /// The body before it was compressed.
    ///
    /// # Panics
    ///
    /// If it is not in the encoding that its header names.
    pub(crate) fn content(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoding = self.headers.iter().find(|(name, _)| name == "content-encoding").map(|(_, value)| value.as_str());
        let read = match encoding {
            Some("br") => brotli_decompressor::Decompressor::new(&*self.body, 4096).read_to_end(&mut bytes),
            Some("gzip") => GzDecoder::new(&*self.body).read_to_end(&mut bytes),
            Some("deflate") => ZlibDecoder::new(&*self.body).read_to_end(&mut bytes),
            _ => return self.body.clone(),
        };
        read.expect("a body in the encoding that its header names");
        bytes
    }
}

/// Sends a request on a connection of its own, which it asks to close, and reads the answer.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> io::Result<WireAnswer> {
    let answer = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request).await?;
        let mut read = Vec::new();
        loop {
            if let Some((answer, true)) = parsed(&read) {
                return Ok(answer);
            }
            if stream.read_buf(&mut read).await? == 0 {
                return parsed(&read).map(|(answer, _)| answer).ok_or_else(|| io::ErrorKind::UnexpectedEof.into());
            }
        }
    };
    tokio::time::timeout(TIMEOUT, answer).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

/// The answer as far as it is there, and whether that is all of it: a body ends where its framing says, or with the connection.
pub(crate) fn parsed(bytes: &[u8]) -> Option<(WireAnswer, bool)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let field = |(name, value): (&str, &str)| (name.to_ascii_lowercase(), value.trim().to_owned());
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(':')).map(field).collect();
    let value = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let rest = &bytes[end + 4..];
    let (body, complete) = match (value("transfer-encoding"), value("content-length").and_then(|length| length.parse::<usize>().ok())) {
        (Some("chunked"), _) => unchunked(rest),
        (_, Some(length)) => (rest.to_vec(), rest.len() >= length),
        _ => (rest.to_vec(), false),
    };
    Some((WireAnswer { status, headers, body }, complete))
}

fn unchunked(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|window| window == b"\r\n") else { return (body, false) };
        let size = std::str::from_utf8(&rest[..end]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        match (size, rest.get(end + 2..)) {
            (Some(0), _) => return (body, true),
            (Some(size), Some(data)) if data.len() >= size + 2 => {
                body.extend_from_slice(&data[..size]);
                rest = &data[size + 2..];
            }
            _ => return (body, false),
        }
    }
}
