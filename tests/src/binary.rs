//! The real binary, built by the same `cargo test --workspace` that built the tests.

use std::path::PathBuf;

/// `target/<profile>/stagedoor`.
///
/// # Panics
///
/// If it was not built: `cargo test -p` builds too little.
pub fn binary() -> PathBuf {
    let binary = profile_directory().join(format!("stagedoor{}", std::env::consts::EXE_SUFFIX));
    assert!(binary.exists(), "{} is missing: run `cargo test --workspace`, which builds it", binary.display());
    binary
}

/// A state directory that all tests share, so that each component is compiled once.
pub fn state_directory() -> PathBuf {
    profile_directory().join("test-state")
}

/// `target/<profile>`, seen from a test in `deps`, a binary beside it, or a benchmark.
fn profile_directory() -> PathBuf {
    let own = std::env::current_exe().expect("a running program has a file");
    let directory = own.parent().expect("which lies in a directory");
    let deps = directory.ends_with("deps");
    if deps { directory.parent().unwrap_or(directory).to_owned() } else { directory.to_owned() }
}
