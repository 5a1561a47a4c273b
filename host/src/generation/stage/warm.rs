//! Warm: one instance is made and thrown away, so that what would fail at the first sign-in fails here.

use crate::wasm::Loaded;

use super::{StageError, Step, fetch::Fetched};

pub(super) async fn run(fetched: &Fetched, loaded: &Loaded) -> Result<(), StageError> {
    loaded.warm_up().await.map_err(|error| fetched.refuse(Step::Warm, error.to_string()))
}
