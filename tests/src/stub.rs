//! A server that answers as a test wishes, over HTTP/1 and plain sockets: also with what no server should send.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// A request that came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// The header lines in lower case, without the empty one.
    pub headers: Vec<String>,
    /// The body, if its length was said.
    pub body: String,
    /// Which connection of this server it came on, from 0.
    pub connection: usize,
    /// Which request of its connection it is, from 0.
    pub nth: usize,
}

/// What to answer.
#[derive(Debug, Clone)]
pub enum Reply {
    /// JSON with this status.
    Json(u16, String),
    /// These very bytes; then the connection is closed.
    Raw(Vec<u8>),
    /// The first, after a while.
    Late(Duration, Box<Reply>),
    /// The first bytes, then the others again and again with this time in between, until nobody listens.
    Endless(Vec<u8>, Vec<u8>, Duration),
    /// Nothing: the connection is closed.
    Close,
    /// Nothing, while the server lives.
    Hang,
}

/// A running server; it ends, with all its connections, when it is dropped.
pub struct Stub {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    stopped: AtomicBool,
    asked: Mutex<Vec<Asked>>,
    streams: Mutex<Vec<TcpStream>>,
}

impl Stub {
    /// Answers on a free port of loopback.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_on(0, answer)
    }

    /// The same on this port.
    ///
    /// # Panics
    ///
    /// If it is taken.
    pub fn start_on(port: u16, answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a port");
        let address = listener.local_addr().expect("the address of a listener");
        let (shared, answer) = (Arc::new(Shared::default()), Arc::new(answer));
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                if accepting.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (shared, answer) = (Arc::clone(&accepting), Arc::clone(&answer));
                locked(&shared.streams).extend(stream.try_clone());
                thread::spawn(move || shared.serve(&stream, connection, &*answer));
            }
        });
        Self { address, shared }
    }

    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        locked(&self.shared.asked).clone()
    }

    /// How many requests came.
    pub fn calls(&self) -> usize {
        locked(&self.shared.asked).len()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        for stream in locked(&self.shared.streams).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes the thread that accepts, which then lets go of the port.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream, connection: usize, answer: &dyn Fn(&Asked) -> Reply) {
        let mut reader = BufReader::new(stream);
        for nth in 0.. {
            let mut lines = reader.by_ref().lines().map_while(Result::ok);
            let Some(first) = lines.next() else { return };
            let headers: Vec<_> = lines.take_while(|line| !line.is_empty()).map(|line| line.to_ascii_lowercase()).collect();
            let length = headers.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            let mut body = String::new();
            let _ = reader.by_ref().take(length).read_to_string(&mut body);
            let mut words = first.split(' ').map(str::to_owned);
            let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let asked = Asked { method, target, headers, body, connection, nth };
            locked(&self.asked).push(asked.clone());
            if !self.reply(stream, answer(&asked)) {
                let _ = stream.shutdown(Shutdown::Both);
                return;
            }
        }
    }

    /// Whether the connection goes on.
    fn reply(&self, mut stream: &TcpStream, reply: Reply) -> bool {
        match reply {
            Reply::Json(status, body) => {
                let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Unknown");
                let head =
                    format!("HTTP/1.1 {status} {reason}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).is_ok()
            }
            Reply::Raw(bytes) => {
                let _ = stream.write_all(&bytes);
                false
            }
            Reply::Endless(first, others, pause) => {
                let mut going = stream.write_all(&first).is_ok();
                while going && !self.stopped.load(Ordering::SeqCst) {
                    thread::sleep(pause);
                    going = stream.write_all(&others).is_ok();
                }
                false
            }
            Reply::Late(time, reply) => {
                thread::sleep(time);
                self.reply(stream, *reply)
            }
            Reply::Close => false,
            Reply::Hang => {
                while !self.stopped.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(20));
                }
                false
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
