//! Settings: the other keys of the item in `signIn.resolvers`, against the schema that the component gives.

use serde_json::Value;

use crate::{config::ResolverConfig, wasm::component::ComponentError};

use super::{StageError, Step, fetch::Fetched, link::Linked};

pub(super) fn run(item: &ResolverConfig, fetched: &Fetched, linked: &Linked) -> Result<(), StageError> {
    linked.description.check_settings(&Value::Object(item.settings.clone())).map_err(|error| match error {
        ComponentError::Settings(problems) => {
            // The path of a single problem is that of its key; several share that of the item.
            let (path, message) = match &problems[..] {
                [problem] => (format!("{}{}", item.path, problem.path), problem.message.clone()),
                problems => (item.path.clone(), problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
            };
            StageError { origin: item.origin.clone(), path, resolver: item.name.clone(), step: Step::Settings, message }
        }
        other => fetched.refuse(Step::Settings, other.to_string()),
    })
}
