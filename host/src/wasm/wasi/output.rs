//! What a guest writes to stdout and stderr: kept up to a bound, cut into log lines afterwards. A panic message is found here.
//!
//! More is kept than is logged, so that a value at the cut can be told from other text as a whole.

use std::sync::{Arc, Mutex, PoisonError};

use wasmtime_wasi_io::{
    async_trait,
    bytes::Bytes,
    poll::Pollable,
    streams::{DynOutputStream, OutputStream, StreamResult},
};

/// Bytes of one call that are logged.
pub(in crate::wasm) const MAX_BYTES: usize = 16 * 1024;
/// Bytes kept, those of the longest header included; what goes beyond is dropped.
const KEPT_BYTES: usize = MAX_BYTES + 64 * 1024;

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

    /// What was written and kept, bad UTF-8 replaced. Only the first [`MAX_BYTES`] of it are for the log.
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
        let room = KEPT_BYTES - kept.len();
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(KEPT_BYTES)
    }
}
