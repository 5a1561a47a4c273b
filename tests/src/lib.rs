//! What the tests share: the real router in this process, the real binary, and the guests that `build.rs` made.

mod app;
pub mod backstage;
pub mod balancer;
mod binary;
#[cfg(unix)]
pub mod door;
pub mod guests;
pub mod issuer;
pub mod logs;
mod names;
mod native_rule;
pub mod npm;
mod organisation;
pub mod postgres;
pub mod stub;
#[cfg(unix)]
pub mod wire;

pub use app::{Answer, App, TestClock};
pub use binary::{binary, state_directory};
pub use names::KnownNames;
pub use native_rule::NativeRule;
pub use organisation::{ANNOTATION, organisation, user_name};

use std::{
    path::{Path, PathBuf},
    task::Poll,
};

/// What these futures give, which run at once.
///
/// # Panics
///
/// If one of them does.
pub async fn joined<T>(futures: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut running: Vec<_> = futures.into_iter().map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        for (future, done) in running.iter_mut().filter(|(_, done)| done.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                *done = Some(value);
            }
        }
        if running.iter().all(|(_, done)| done.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, done)| done).collect()
}

/// A file of this crate.
pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}
