//! The least of an HTTP/1.1 client: what it sends and reads is all there is.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpStream},
    os::unix::net::UnixStream,
};

use crate::door::{PATIENCE, Place};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Everything the server wrote.
    pub text: String,
}

impl Answer {
    /// What a server wrote until it closed.
    ///
    /// # Errors
    ///
    /// If that is no answer.
    pub fn parse(bytes: &[u8]) -> io::Result<Self> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, format!("no answer: {text:?}")))?;
        Ok(Self { status, text })
    }

    /// What follows the headers.
    pub fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    /// Whether alice was signed in.
    pub fn is_alice(&self) -> bool {
        self.status == 200 && self.text.contains(r#""userEntityRef":"user:default/alice""#)
    }
}

/// A request as text.
pub fn request(path: &str, headers: &[(&str, &str)]) -> String {
    let mut request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n");
    for (name, value) in headers {
        request.extend([*name, ": ", *value, "\r\n"]);
    }
    request.push_str("\r\n");
    request
}

/// A request on a connection of its own.
///
/// # Errors
///
/// If nobody listens, or there is no answer.
pub fn get(place: &Place, path: &str, headers: &[(&str, &str)]) -> io::Result<Answer> {
    fn exchange(mut stream: impl Read + Write, request: &str) -> io::Result<Answer> {
        stream.write_all(request.as_bytes())?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        Answer::parse(&bytes)
    }
    let request = request(path, &[headers, &[("connection", "close")]].concat());
    match place {
        Place::Port(port) => {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, *port))?;
            stream.set_read_timeout(Some(PATIENCE))?;
            exchange(stream, &request)
        }
        Place::Socket(path) => {
            let stream = UnixStream::connect(path)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            exchange(stream, &request)
        }
    }
}
