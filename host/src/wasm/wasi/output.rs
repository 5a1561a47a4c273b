//! What a guest writes to stdout and stderr: kept up to a bound, cut into log lines afterwards. A panic message is found here.

use std::sync::{Arc, Mutex, PoisonError};

use wasmtime_wasi_io::{
    async_trait,
    bytes::Bytes,
    poll::Pollable,
    streams::{DynOutputStream, OutputStream, StreamResult},
};

/// Bytes kept of one call; what goes beyond is dropped.
const MAX_BYTES: usize = 16 * 1024;

/// The output of one call. Allocates nothing until a guest opens a stream.
#[derive(Debug, Default)]
pub(in crate::wasm) struct Output {
    buffer: Option<Arc<Mutex<Vec<u8>>>>,
}

impl Output {
    /// A stream that writes here.
    pub(super) fn stream(&mut self) -> DynOutputStream {
        let buffer = self.buffer.get_or_insert_default();
        Box::new(Stream(Arc::clone(buffer)))
    }

    /// Everything that was written, bad UTF-8 replaced.
    pub(in crate::wasm) fn take(&mut self) -> String {
        let Some(buffer) = self.buffer.take() else { return String::new() };
        let bytes = std::mem::take(&mut *buffer.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

struct Stream(Arc<Mutex<Vec<u8>>>);

#[async_trait]
impl Pollable for Stream {
    async fn ready(&mut self) {}
}

impl OutputStream for Stream {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MAX_BYTES - kept.len();
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_BYTES)
    }
}
