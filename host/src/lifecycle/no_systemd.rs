//! Where there is no systemd, nobody is told.

/// Nobody is told.
pub fn ready(_place: &str) {}

/// Nobody is told.
pub(super) fn stopping() {}
