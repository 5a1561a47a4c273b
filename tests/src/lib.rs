//! What the tests share: the real router in this process, the real binary, and the guests that `build.rs` made.

mod app;
pub mod backstage;
mod binary;
#[cfg(unix)]
pub mod door;
pub mod guests;
mod native_rule;
pub mod npm;
mod organisation;
pub mod stub;
#[cfg(unix)]
pub mod wire;

pub use app::{Answer, App, TestClock};
pub use binary::{binary, state_directory};
pub use native_rule::NativeRule;
pub use organisation::{ANNOTATION, organisation, user_name};

use std::path::{Path, PathBuf};

/// A file of this crate.
pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}
