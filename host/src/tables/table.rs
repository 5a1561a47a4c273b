//! One table in memory, immutable.

use std::{collections::HashMap, fmt::Write};

use aws_lc_rs::digest::{SHA256, digest};

/// Bytes of the digest that name a revision.
const REVISION: usize = 6;

/// Keys with their values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    entries: HashMap<String, Box<[String]>>,
    revision: String,
}

impl Table {
    /// A table of these entries, which were read from that text.
    pub(super) fn new(entries: HashMap<String, Vec<String>>, text: &[u8]) -> Self {
        let mut revision = String::with_capacity(2 * REVISION);
        for byte in &digest(&SHA256, text).as_ref()[..REVISION] {
            let _ = write!(revision, "{byte:02x}");
        }
        Self { entries: entries.into_iter().map(|(key, values)| (key, values.into())).collect(), revision }
    }

    /// The values under a key, in order.
    pub(super) fn look_up(&self, key: &str) -> &[String] {
        self.entries.get(key).map_or(&[], |values| values)
    }

    /// The first twelve digits of the SHA-256 of what was read, as `sha256sum` shows them.
    pub(super) fn revision(&self) -> &str {
        &self.revision
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// All keys.
    #[cfg(test)]
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }
}
