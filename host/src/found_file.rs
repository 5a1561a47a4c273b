//! How a file looked when it was read, which tells whether it has changed since.

use std::{fs, path::PathBuf, time::SystemTime};

/// A file and how it looked. It looks different when it was written, replaced, or when a link on the way to it was turned:
/// the last is how Kubernetes updates mounted config maps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundFile {
    /// As it was looked for.
    pub(crate) path: PathBuf,
    /// Where that leads.
    pub(crate) resolved: PathBuf,
    length: u64,
    modified: Option<SystemTime>,
    /// Another file in its place has another one, even with the same length and time.
    inode: u64,
}

impl FoundFile {
    /// What is there now, if anything is.
    pub(crate) fn at(path: PathBuf) -> Option<Self> {
        let metadata = fs::metadata(&path).ok()?;
        let resolved = fs::canonicalize(&path).ok()?;
        Some(Self { path, resolved, length: metadata.len(), modified: metadata.modified().ok(), inode: inode(&metadata) })
    }
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}
