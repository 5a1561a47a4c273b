//! Randomness. Nothing else in the host asks the system for it.

/// Unpredictable bytes; a test gives its own.
pub trait Random: Send + Sync {
    /// Sixteen bytes that nobody can guess: decision ids, key ids, seeds.
    fn bytes(&self) -> [u8; 16];
}

/// The random generator of the crypto library.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        aws_lc_rs::rand::fill(&mut bytes).expect("the crypto library has a source of randomness");
        bytes
    }
}
