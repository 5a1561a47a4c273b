//! Compiled code in the state directory, sealed with a key of its own.
//!
//! A file that is missing, cut short, changed, or written by another version is not an error: the component is compiled anew. A directory or a key
//! that others have a hand in is one.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    hmac::{Context, HMAC_SHA256, Key, Tag},
};

use super::{key, private};
use crate::ports::clock::{Clock, SystemClock};

/// The name of the key's file.
const KEY: &str = "key";
const SEAL_BYTES: usize = 32;
/// How many files stay. A file is as old as its last use, so those of a running chain survive the upgrades that come and go.
const MOST_FILES: usize = 64;

/// The cache below `<stateDir>/compiled`.
pub struct CompileCache {
    directory: PathBuf,
    key: Key,
}

impl CompileCache {
    /// Opens the cache, making the directory (0700) and its key (0600) where they are missing. Refuses what others can write to.
    pub fn open(state_directory: &Path) -> io::Result<Self> {
        let directory = state_directory.join("compiled");
        private::directory(state_directory)?;
        private::secret_directory(&directory)?;
        let key = Key::new(HMAC_SHA256, &key::load_or_make(&directory.join(KEY))?);
        Ok(Self { directory, key })
    }

    /// The code of a component, if this server compiled it for this very engine.
    pub(super) fn get(&self, digest: &str, compatibility: u64) -> Option<Vec<u8>> {
        let path = self.path(digest, compatibility);
        // Read once: what is checked is what is run, even if the file changes meanwhile.
        let mut file = private::open(&path).ok()?;
        let mut sealed = Vec::new();
        file.read_to_end(&mut sealed).ok()?;
        let intact = sealed.split_last_chunk::<SEAL_BYTES>().filter(|(code, seal)| {
            let expected = self.seal(digest, compatibility, code);
            verify_slices_are_equal(expected.as_ref(), *seal).is_ok()
        });
        let Some((code, _)) = intact else {
            tracing::warn!(file = %path.display(), "compiled code was changed or cut short: compiling anew");
            let _ = fs::remove_file(&path);
            return None;
        };
        let length = code.len();
        sealed.truncate(length);
        let _ = file.set_modified(UNIX_EPOCH + SystemClock.now());
        Some(sealed)
    }

    /// Keeps compiled code. A full disk costs the cache, not the start.
    pub(super) fn put(&self, digest: &str, compatibility: u64, code: &[u8]) {
        let path = self.path(digest, compatibility);
        let sealed = [code, self.seal(digest, compatibility, code).as_ref()].concat();
        let placed = private::write_beside(&path, &sealed).and_then(|aside| {
            fs::rename(&aside, &path).inspect_err(|_| {
                let _ = fs::remove_file(&aside);
            })
        });
        if let Err(error) = placed.and_then(|()| self.forget_the_oldest()) {
            tracing::warn!(file = %path.display(), %error, "compiled code could not be kept: the next start compiles again");
        }
    }

    /// Leaves the files that were used last, and with them none of those that a process which was killed left behind.
    fn forget_the_oldest(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            // Another process may have removed it meanwhile.
            if let Ok(used) = entry.metadata().and_then(|metadata| metadata.modified())
                && entry.file_name() != KEY
            {
                files.push((used, entry.path()));
            }
        }
        files.sort_unstable_by(|one, other| other.cmp(one));
        for (_, path) in files.into_iter().skip(MOST_FILES) {
            let _ = fs::remove_file(path);
        }
        Ok(())
    }

    /// The keyed digest of the code under this name.
    fn seal(&self, digest: &str, compatibility: u64, code: &[u8]) -> Tag {
        let mut context = Context::with_key(&self.key);
        context.update(name(digest, compatibility).as_bytes());
        context.update(code);
        context.sign()
    }

    fn path(&self, digest: &str, compatibility: u64) -> PathBuf {
        self.directory.join(name(digest, compatibility))
    }
}

/// The file name; part of what is sealed, so that a file under another's name is not accepted.
fn name(digest: &str, compatibility: u64) -> String {
    format!("{}-{compatibility:016x}.cwasm", digest.trim_start_matches("sha256:"))
}

#[cfg(test)]
mod tests;
