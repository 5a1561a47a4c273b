//! The memory that all requests with a body may take at once, whoever sends them: nobody is known before the body is read.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Bytes of all bodies that are being read, and of the headers that wait for them.
const BYTES: usize = 16 * 1024 * 1024;

/// What is left.
pub(super) struct Budget(Semaphore);

impl Budget {
    /// All of it.
    pub(super) fn new() -> Self {
        Self(Semaphore::new(BYTES))
    }

    /// This many bytes until the share is dropped; `None` if so many are not left.
    pub(super) fn share(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        self.0.try_acquire_many(u32::try_from(bytes).ok()?).ok()
    }
}
