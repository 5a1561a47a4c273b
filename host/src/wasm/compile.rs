//! Compiling in a child process, and the cache of what was compiled.
//!
//! A component decides how much work compiling it is, and an in-process compilation cannot be stopped: so it happens in a child that is niced,
//! limited in memory and time, and killed when it goes over. Compiled code is native code: it is read back only if its keyed digest says that
//! this server wrote it, and it is read once, so that a file changed meanwhile is never run.

mod cache;
mod child;
mod key;
mod private;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Mutex as Lock, PoisonError},
};

use tokio::sync::Mutex;

use super::engine::Engine;

pub use cache::CompileCache;
pub use child::run as run_child;

/// Why a component could not be compiled.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// Cranelift refused it: it is no valid component, or uses a feature that is turned off.
    #[error("{0}")]
    Invalid(String),
    /// The child was stopped by a limit.
    #[error("compiling took more than {0}")]
    Limit(&'static str),
    /// The child could not be run.
    #[error("the compiling process could not be run: {0}")]
    Child(#[from] std::io::Error),
}

/// Compiles components, one at a time.
pub struct Compiler {
    program: PathBuf,
    cache: Option<CompileCache>,
    remembered: Option<Lock<HashMap<String, Vec<u8>>>>,
    one_at_a_time: Mutex<()>,
}

/// Compiled code and where it came from.
pub struct Compiled {
    /// The artefact.
    pub code: Vec<u8>,
    /// Whether it was in the cache.
    pub cached: bool,
}

impl Compiler {
    /// `program` is this binary: it is run with the hidden command `compile`. Without a cache every start compiles anew.
    pub fn new(program: PathBuf, cache: Option<CompileCache>) -> Self {
        Self { program, cache, remembered: None, one_at_a_time: Mutex::new(()) }
    }

    /// The same, and it keeps what it has compiled in memory: for whoever links one component again and again.
    #[must_use]
    pub fn remembering(self) -> Self {
        Self { remembered: Some(Lock::default()), ..self }
    }

    /// This very binary, even after the file was replaced by a newer one.
    pub fn own_program() -> std::io::Result<PathBuf> {
        let own = PathBuf::from("/proc/self/exe");
        if own.exists() { Ok(own) } else { std::env::current_exe() }
    }

    /// The compiled code of these bytes.
    pub async fn compile(&self, engine: &Engine, digest: &str, bytes: &[u8]) -> Result<Compiled, CompileError> {
        if let Some(code) = self.recall(digest) {
            return Ok(Compiled { code, cached: true });
        }
        let compatibility = engine.compatibility();
        if let Some(code) = self.cache.as_ref().and_then(|cache| cache.get(digest, compatibility)) {
            return Ok(Compiled { code, cached: true });
        }
        let _turn = self.one_at_a_time.lock().await;
        let code = child::compile(&self.program, bytes).await?;
        if let Some(cache) = &self.cache {
            cache.put(digest, compatibility, &code);
        }
        if let Some(remembered) = &self.remembered {
            remembered.lock().unwrap_or_else(PoisonError::into_inner).insert(digest.to_owned(), code.clone());
        }
        Ok(Compiled { code, cached: false })
    }

    fn recall(&self, digest: &str) -> Option<Vec<u8>> {
        self.remembered.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }
}
