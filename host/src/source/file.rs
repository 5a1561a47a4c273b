//! Components in files.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Reads a file of at most `limit` bytes, without ever holding more.
pub fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::Error::other(format!("it is larger than the {limit} bytes of stagedoor.limits.componentSize")));
    }
    Ok(bytes)
}
