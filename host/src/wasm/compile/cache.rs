//! Compiled code in the state directory, sealed with a key of its own.
//!
//! A file that is missing, cut short, changed, or written by another version is not an error: the component is compiled anew.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    hmac::{Context, HMAC_SHA256, Key, Tag},
    rand,
};

const SEAL_BYTES: usize = 32;
const KEY_BYTES: usize = 32;

/// The cache below `<stateDir>/compiled`.
pub struct CompileCache {
    directory: PathBuf,
    key: Key,
}

impl CompileCache {
    /// Opens the cache, making the directory (0700) and its key (0600) where they are missing.
    pub fn open(state_directory: &Path) -> io::Result<Self> {
        let directory = state_directory.join("compiled");
        make_private_directory(state_directory)?;
        make_private_directory(&directory)?;
        let key = Key::new(HMAC_SHA256, &load_or_make_key(&directory.join("key"))?);
        Ok(Self { directory, key })
    }

    /// The code of a component, if this server compiled it for this very engine.
    pub(super) fn get(&self, digest: &str, compatibility: u64) -> Option<Vec<u8>> {
        let path = self.path(digest, compatibility);
        // Read once: what is checked is what is run, even if the file changes meanwhile.
        let mut sealed = fs::read(&path).ok()?;
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
        Some(sealed)
    }

    /// Keeps compiled code. A full disk costs the cache, not the start.
    pub(super) fn put(&self, digest: &str, compatibility: u64, code: &[u8]) {
        let path = self.path(digest, compatibility);
        let sealed = [code, self.seal(digest, compatibility, code).as_ref()].concat();
        let temporary = path.with_extension(std::process::id().to_string());
        if let Err(error) = write_private(&temporary, &sealed).and_then(|()| fs::rename(&temporary, &path)) {
            tracing::warn!(file = %path.display(), %error, "compiled code could not be kept: the next start compiles again");
        }
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

/// Processes that start together must agree on one key: it is made aside and put in place only where there is none.
fn load_or_make_key(path: &Path) -> io::Result<Vec<u8>> {
    if !path.exists() {
        let mut key = vec![0; KEY_BYTES];
        rand::fill(&mut key).map_err(|_| io::Error::other("no randomness"))?;
        let aside = path.with_extension(std::process::id().to_string());
        write_private(&aside, &key)?;
        let placed = fs::hard_link(&aside, path);
        fs::remove_file(&aside)?;
        if let Err(error) = placed
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(error);
        }
    }
    let key = fs::read(path)?;
    if key.len() == KEY_BYTES { Ok(key) } else { Err(io::Error::other(format!("{} is no key: delete it", path.display()))) }
}

#[cfg(unix)]
fn make_private_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use io::Write;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, CompileCache) {
        let directory = tempfile::tempdir().unwrap();
        let cache = CompileCache::open(directory.path()).unwrap();
        (directory, cache)
    }

    #[test]
    fn what_was_put_comes_back_also_after_a_restart() {
        let (directory, cache) = cache();
        cache.put("sha256:aa", 1, b"code");
        assert_eq!(cache.get("sha256:aa", 1).as_deref(), Some(&b"code"[..]));
        assert_eq!(CompileCache::open(directory.path()).unwrap().get("sha256:aa", 1).as_deref(), Some(&b"code"[..]));
        assert_eq!(cache.get("sha256:aa", 2), None, "compiled for another engine");
    }

    #[test]
    fn a_changed_cut_or_renamed_file_is_not_run() {
        let (_directory, cache) = cache();
        for spoil in [
            |sealed: &mut Vec<u8>| sealed[0] ^= 1,
            |sealed: &mut Vec<u8>| sealed.truncate(10),
            |sealed: &mut Vec<u8>| sealed.clear(),
            |sealed: &mut Vec<u8>| sealed.push(0),
        ] {
            cache.put("sha256:aa", 1, b"code");
            let mut sealed = fs::read(cache.path("sha256:aa", 1)).unwrap();
            spoil(&mut sealed);
            fs::write(cache.path("sha256:aa", 1), sealed).unwrap();
            assert_eq!(cache.get("sha256:aa", 1), None);
            assert!(!cache.path("sha256:aa", 1).exists());
        }
        cache.put("sha256:aa", 1, b"code");
        fs::rename(cache.path("sha256:aa", 1), cache.path("sha256:bb", 1)).unwrap();
        assert_eq!(cache.get("sha256:bb", 1), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_server_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let (_directory, cache) = cache();
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(cache.directory.clone()), 0o700);
        assert_eq!(mode(cache.directory.join("key")), 0o600);
    }
}
