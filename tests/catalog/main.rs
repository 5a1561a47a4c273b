//! The catalog over HTTP.
