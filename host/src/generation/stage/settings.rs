//! Settings: the other keys of the item in `signIn.resolvers`, against the schema that the component gives.

use serde_json::Value;

use crate::{config::ResolverConfig, wasm::component::ComponentError};

use super::{StageError, Step, fetch::Fetched, link::Linked};

pub(super) fn run(item: &ResolverConfig, fetched: &Fetched, linked: &Linked) -> Result<(), StageError> {
    linked.description.check_settings(&Value::Object(item.settings.clone())).map_err(|error| match error {
        ComponentError::Settings(problems) => StageError {
            origin: item.origin.clone(),
            path: item.path.clone(),
            resolver: item.name.clone(),
            step: Step::Settings,
            message: problems.iter().map(|problem| format!("{}{problem}", item.path)).collect::<Vec<_>>().join("; "),
        },
        other => fetched.refuse(Step::Settings, other.to_string()),
    })
}
