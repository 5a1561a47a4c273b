//! `describe`: what a component says about itself, called once at load with every import of ours trapping.

use serde::Deserialize;
use serde_json::Value;
use wasmtime::component::{Component, Linker};

use crate::wasm::{engine::Engine, store::State, wasi};

use super::{ComponentError, SettingsError};

/// The largest document that is read.
const MAX_BYTES: usize = 256 * 1024;

/// What `describe` returned; members that are not known here are ignored.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Description {
    /// Name of the component.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// One sentence for operators.
    pub description: String,
    /// JSON Schema of its settings.
    pub settings: Option<Value>,
}

/// Calls `describe` in an instance that has the frozen WASI and nothing else.
pub(super) async fn call(engine: &Engine, component: &Component) -> Result<Description, ComponentError> {
    let failed = |error: wasmtime::Error| ComponentError::Describe(format!("{error:#}"));
    let mut linker: Linker<State> = Linker::new(&engine.engine);
    wasi::link(&mut linker).map_err(failed)?;
    linker.define_unknown_imports_as_traps(component).map_err(failed)?;
    let mut store = super::load_store(engine);
    let instance = linker.instantiate_async(&mut store, component).await.map_err(failed)?;
    let handler = instance.get_export_index(&mut store, None, "stagedoor:resolver/handler@0.1.0-dev");
    let describe = handler.and_then(|handler| instance.get_export_index(&mut store, Some(&handler), "describe"));
    let describe = describe.ok_or_else(|| ComponentError::WrongWorld("its handler has no function describe".into()))?;
    let describe = instance.get_typed_func::<(), (String,)>(&mut store, describe).map_err(failed)?;
    let (text,) = describe.call_async(&mut store, ()).await.map_err(failed)?;
    if text.len() > MAX_BYTES {
        return Err(ComponentError::Describe(format!("the document is longer than {MAX_BYTES} bytes")));
    }
    serde_json::from_str(&text).map_err(|error| ComponentError::Describe(format!("the document is not what the contract says: {error}")))
}

impl Description {
    /// Compares settings with the schema; every problem at once. Without a schema anything goes.
    pub fn check_settings(&self, settings: &Value) -> Result<(), ComponentError> {
        let Some(schema) = &self.settings else { return Ok(()) };
        let validator =
            jsonschema::validator_for(schema).map_err(|error| ComponentError::Describe(format!("its settings schema is no JSON Schema: {error}")))?;
        let problem =
            |error: jsonschema::ValidationError<'_>| SettingsError { path: key_path(&error.instance_path().to_string()), message: error.to_string() };
        let problems: Vec<_> = validator.iter_errors(settings).map(problem).collect();
        if problems.is_empty() { Ok(()) } else { Err(ComponentError::Settings(problems)) }
    }
}

/// `/allowedDomains/0` as `.allowedDomains[0]`.
fn key_path(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |path, part| match part.parse::<usize>() {
        Ok(index) => format!("{path}[{index}]"),
        Err(_) => format!("{path}.{part}"),
    })
}
