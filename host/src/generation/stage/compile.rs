//! Compile: out of the cache, or in a child process.

use crate::wasm::{
    compile::{CompileError, Compiled},
    component,
};

use super::{Stage, StageError, Step, fetch::Fetched};

pub(super) async fn run(stage: &Stage, fetched: &Fetched, digest: &str) -> Result<Compiled, StageError> {
    if let Some(what) = component::not_a_component(&fetched.bytes) {
        return Err(fetched.refuse(Step::Compile, format!("{} is {what}", fetched.origin)));
    }
    stage.compiler.compile(&stage.engine, digest, &fetched.bytes).await.map_err(|error| match error {
        CompileError::Invalid(why) => fetched.refuse(Step::Compile, format!("{} is no valid component: {why}", fetched.origin)),
        other => fetched.refuse(Step::Compile, format!("{}: {other}", fetched.origin)),
    })
}
