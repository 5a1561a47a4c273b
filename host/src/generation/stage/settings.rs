//! Settings: the other keys beside the name of the component, against the schema that the component gives.
//!
//! A key of `signIn.resolvers` that the schema does not know is ignored, as in Backstage, and told; but one that is nearly a known one was meant to be
//! it, and a misspelt restriction would let everybody in. In `stagedoor` every unknown key is a fault.

use serde_json::Value;

use crate::{
    config::{ResolverConfig, spelling::nearest},
    domain::component_kind::ComponentKind,
    wasm::component::{ComponentError, Description},
};

use super::{StageError, Step, fetch::Fetched};

/// Checks the settings; gives what is odd about them.
pub(super) fn run(kind: ComponentKind, item: &ResolverConfig, fetched: &Fetched, description: &Description) -> Result<Vec<String>, StageError> {
    let (origin, resolver) = (&item.origin, &item.name);
    let refuse =
        |path: String, message: String| StageError { origin: origin.clone(), path, kind, resolver: resolver.clone(), step: Step::Settings, message };
    description.check_settings(&Value::Object(item.settings.clone())).map_err(|error| match error {
        ComponentError::Settings(problems) => match &problems[..] {
            // The path of a single problem is that of its key; several share that of the item.
            [problem] => refuse(format!("{}{}", item.path, problem.path), problem.message.clone()),
            problems => refuse(item.path.clone(), problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
        },
        other => fetched.refuse(Step::Settings, other.to_string()),
    })?;
    let Some(known) = description.known_settings() else {
        // The contract lets it be silent about them. Whoever wrote one should know that nobody looks at it here: it may be a restriction.
        let unchecked = |key: &String| {
            format!("{}: {}.{key}: {} says nothing about settings, so nobody checks that it has this one", item.origin, item.path, item.name)
        };
        return Ok(item.settings.keys().map(unchecked).collect());
    };
    let mut warnings = Vec::new();
    for key in item.settings.keys().filter(|key| !known.contains(&key.as_str())) {
        let path = format!("{}.{key}", item.path);
        if let Some(meant) = nearest(key, &known) {
            return Err(refuse(path, format!("the component has no such setting; did you mean {meant}?")));
        }
        if kind != ComponentKind::Resolver {
            return Err(refuse(path, "the component has no such setting".to_owned()));
        }
        warnings.push(format!("{}: {path}: {} has no such setting and ignores it", item.origin, item.name));
    }
    Ok(warnings)
}
