//! Link: imports, exports, and the powers asked for against those decided.

use std::sync::Arc;

use serde_json::Value;

use crate::{
    config::ResolverConfig,
    domain::grant::Power,
    wasm::{
        ReadyComponent,
        compile::Compiled,
        component::{self, ComponentError, Description, Setup},
    },
};

use super::{Stage, StageError, Step, fetch::Fetched};

/// A component that has its functions, and what it says about itself.
pub(super) struct Linked<C> {
    pub(super) component: C,
    pub(super) description: Description,
    pub(super) powers: Vec<Power>,
}

pub(super) async fn run<C: ReadyComponent>(
    stage: &Stage,
    item: &ResolverConfig,
    fetched: &Fetched,
    compiled: &Compiled,
    digest: Arc<str>,
) -> Result<Linked<C>, StageError> {
    let refuse = |error: ComponentError| fetched.refuse(Step::Link, error.to_string());
    let inspected = component::inspect(&stage.engine, C::KIND, compiled).map_err(refuse)?;
    let setup = Setup {
        name: item.name.as_str().into(),
        digest,
        settings: Value::Object(item.settings.clone()),
        grants: fetched.grants.clone(),
        config_path: fetched.grants_path.clone(),
        ports: stage.ports.clone(),
    };
    let component = inspected.link(&stage.engine, setup).and_then(C::new).map_err(refuse)?;
    let description = inspected.describe(&stage.engine).await.map_err(refuse)?;
    Ok(Linked { component, description, powers: inspected.powers })
}
