//! Where in the configuration something stands, as a reader would write it: `auth.providers.oauth2Proxy.signIn.resolvers[0]`.

use std::fmt;

/// A path of keys and list positions; the root is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyPath(String);

impl KeyPath {
    /// One key further down.
    pub(super) fn key(&self, key: &str) -> Self {
        if self.0.is_empty() { Self(key.into()) } else { Self(format!("{}.{key}", self.0)) }
    }

    /// One list position further down.
    pub(super) fn item(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    /// The path as text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_positions_read_as_one_writes_them() {
        let path = KeyPath::default().key("signIn").key("resolvers").item(0).key("resolver");
        assert_eq!(path.to_string(), "signIn.resolvers[0].resolver");
    }
}
