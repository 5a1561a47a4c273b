//! Warm: one instance is made and thrown away, so that what would fail at the first sign-in fails here.

use super::{StageError, Step, fetch::Fetched, link::Linked};

pub(super) async fn run(fetched: &Fetched, linked: &Linked) -> Result<(), StageError> {
    linked.resolver.warm_up().await.map_err(|error| fetched.refuse(Step::Warm, error.to_string()))
}
