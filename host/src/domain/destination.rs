//! A place that requests of a component may go to: scheme, host, port, the beginning of the path, and methods.

/// A place that the operator allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The URL as it was written.
    pub url: String,
    /// Methods in upper case.
    pub methods: Vec<String>,
}

/// Why a text names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidDestination(pub String);

impl Destination {
    /// Reads one.
    pub fn new(url: &str, methods: Vec<String>) -> Result<Self, InvalidDestination> {
        Ok(Self { url: url.to_owned(), methods })
    }
}
