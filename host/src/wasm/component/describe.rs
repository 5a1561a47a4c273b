//! `describe`: what a component says about itself, called once at load with every import of ours trapping.

use serde::Deserialize;
use serde_json::{Map, Value};
use wasmtime::{
    Store,
    component::{Component, Linker, ResourceType, types::ComponentItem},
};

use crate::{
    domain::component_kind::ComponentKind,
    wasm::{
        blame::{self, Interrupt},
        engine::Engine,
        host_functions,
        store::State,
        wasi,
    },
};

use super::{
    ComponentError, LOAD_TIMEOUT, SettingsError,
    imports::{PACKAGE, versioned},
};

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
    /// Headers that it reads.
    pub headers: Vec<String>,
    /// Tables that it looks into; those must be configured.
    pub tables: Vec<String>,
}

/// Calls `describe` in an instance that has the frozen WASI and nothing else.
pub(super) async fn call(engine: &Engine, kind: ComponentKind, component: &Component) -> Result<Description, ComponentError> {
    let mut store = super::load_store(engine);
    let called = document(engine, kind, component, &mut store).await;
    let last_words = host_functions::last_words(&store.into_data().wasi.output.take());
    let text = called.map_err(|error| match error.downcast_ref::<Interrupt>() {
        Some(Interrupt::Deadline) => ComponentError::Describe(format!("it did not end within {LOAD_TIMEOUT:?}")),
        _ => ComponentError::Describe(blame::cause(&error, last_words.as_deref())),
    })?;
    if text.len() > MAX_BYTES {
        return Err(ComponentError::Describe(format!("the document is longer than {MAX_BYTES} bytes")));
    }
    // An object first: serde would take the members of a list for those of the description.
    let object: Result<Map<String, Value>, _> = serde_json::from_str(&text);
    let description = object.and_then(|object| serde_json::from_value(object.into()));
    description.map_err(|error| ComponentError::Describe(format!("the document is not what the contract says: {error}")))
}

/// The document as the component gives it.
async fn document(engine: &Engine, kind: ComponentKind, component: &Component, mut store: &mut Store<State>) -> wasmtime::Result<String> {
    let mut linker: Linker<State> = Linker::new(&engine.engine);
    wasi::link(&mut linker)?;
    trap_ours(&mut linker, engine, component)?;
    let instance = linker.instantiate_async(&mut store, component).await?;
    let handler = instance.get_export_index(&mut store, None, &versioned(kind.export()));
    let describe = handler.and_then(|handler| instance.get_export_index(&mut store, Some(&handler), "describe"));
    let describe = describe.ok_or_else(|| wasmtime::Error::msg("its handler has no function describe"))?;
    let describe = instance.get_typed_func::<(), (String,)>(&mut store, describe)?;
    let (text,) = describe.call_async(&mut store, ()).await?;
    Ok(text)
}

/// Lets every call of an interface of the contract end the component.
///
/// Not `define_unknown_imports_as_traps`: an interface of WASI in another patch version than ours would be unknown to it.
fn trap_ours(linker: &mut Linker<State>, engine: &Engine, component: &Component) -> wasmtime::Result<()> {
    for (interface, item) in component.component_type().imports(&engine.engine) {
        let ComponentItem::ComponentInstance(members) = item.ty else { continue };
        if !interface.starts_with(PACKAGE) {
            continue;
        }
        let mut instance = linker.instance(interface)?;
        for (name, member) in members.exports(&engine.engine) {
            let called = format!("it called {interface}#{name}, but nobody is signing in");
            match member.ty {
                ComponentItem::ComponentFunc(_) => instance.func_new(name, move |_, _, _, _| Err(wasmtime::Error::msg(called.clone())))?,
                ComponentItem::Resource(_) => instance.resource(name, ResourceType::host::<()>(), |_, _| Ok(()))?,
                _ => {}
            }
        }
    }
    Ok(())
}

impl Description {
    /// The settings that the schema names; `None` where it names none, or there is no schema.
    pub fn known_settings(&self) -> Option<Vec<&str>> {
        let properties = self.settings.as_ref()?.get("properties")?.as_object()?;
        Some(properties.keys().map(String::as_str).collect())
    }

    /// Compares settings with the schema; every problem at once. Without a schema anything goes.
    pub fn check_settings(&self, settings: &Value) -> Result<(), ComponentError> {
        let Some(schema) = &self.settings else { return Ok(()) };
        let validator =
            jsonschema::validator_for(schema).map_err(|error| ComponentError::Describe(format!("its settings schema is no JSON Schema: {error}")))?;
        let problem = |error: jsonschema::ValidationError<'_>| SettingsError {
            path: key_path(&error.instance_path().to_string()),
            message: error.masked().to_string(),
        };
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
