//! Where the bytes of components come from.

pub mod builtin;
pub mod file;
