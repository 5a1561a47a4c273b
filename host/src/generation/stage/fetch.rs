//! Fetch: which component an item of `signIn.resolvers` means, its bytes, and what was decided about it.

use std::{borrow::Cow, fmt, path::PathBuf};

use crate::{
    config::{self, ComponentConfig, Config, ResolverConfig},
    domain::grant::{Decision, Grants, NameBounds, Pattern},
    source::{builtin, file},
};

use super::{Stage, StageError, Step};

/// Where a component came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Out of this binary.
    BuiltIn,
    /// Out of a file.
    File(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built-in"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// Bytes, with everything that later steps need to judge them and to say where a problem stands.
pub(super) struct Fetched {
    pub(super) origin: Origin,
    pub(super) bytes: Cow<'static, [u8]>,
    pub(super) grants: Grants,
    /// Where the decisions about powers stand.
    pub(super) grants_path: String,
    /// The digest that the operator expects.
    pub(super) expected_digest: Option<String>,
    /// Where the component itself is configured.
    place: Place,
}

/// Where to look when something is wrong.
struct Place {
    origin: config::Origin,
    path: String,
    resolver: String,
}

impl Fetched {
    /// A refusal at the place where the component is configured.
    pub(super) fn refuse(&self, step: Step, message: impl Into<String>) -> StageError {
        self.place.refuse(step, message.into())
    }
}

impl Place {
    fn refuse(&self, step: Step, message: String) -> StageError {
        StageError { origin: self.origin.clone(), path: self.path.clone(), resolver: self.resolver.clone(), step, message }
    }
}

pub(super) async fn run(stage: &Stage, config: &Config, item: &ResolverConfig) -> Result<Fetched, StageError> {
    let name = &item.name;
    let configured = config.stagedoor.components.get(name);
    let place = match configured {
        _ if stage.replaced.contains_key(name) => {
            Place { origin: config::Origin::argument("--resolver"), path: name.clone(), resolver: name.clone() }
        }
        Some(component) => Place { origin: component.origin.clone(), path: component.path.clone(), resolver: name.clone() },
        None => Place { origin: item.origin.clone(), path: item.path.clone(), resolver: name.clone() },
    };
    let path = stage.replaced.get(name).or_else(|| configured.map(|component| &component.source));
    if let Some(path) = path {
        let (path, limit) = (path.clone(), config.stagedoor.limits.component_size);
        let read = tokio::task::spawn_blocking({
            let path = path.clone();
            move || file::read(&path, limit)
        });
        let read = read.await.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
        let bytes = read.map_err(|error| place.refuse(Step::Fetch, format!("{} cannot be read: {error}", path.display())))?;
        let replaced = stage.replaced.contains_key(name);
        let grants = configured.map_or_else(Grants::deny_all, |component| component.grants.clone());
        return Ok(Fetched {
            origin: Origin::File(path),
            bytes: bytes.into(),
            grants,
            grants_path: configured.map_or_else(|| format!("stagedoor.components.{name}.grants"), |component| format!("{}.grants", component.path)),
            expected_digest: configured.filter(|_| !replaced).and_then(|component: &ComponentConfig| component.digest.clone()),
            place,
        });
    }
    let Some(builtin) = builtin::find(name) else {
        let known: Vec<_> =
            builtin::BUILTINS.iter().map(|builtin| builtin.name).chain(config.stagedoor.components.keys().map(String::as_str)).collect();
        let message =
            format!("Sign-in resolver '{name}' is not available: name a component in stagedoor.components, or use one of {}", known.join(", "));
        return Err(place.refuse(Step::Fetch, message));
    };
    Ok(Fetched {
        origin: Origin::BuiltIn,
        bytes: builtin.bytes.into(),
        grants: builtin_grants(item),
        grants_path: format!("{}.dangerouslyAllowSignInWithoutUserInCatalog", item.path),
        expected_digest: None,
        place,
    })
}

/// A built-in asks for `fallback` alone, and its option is the decision.
fn builtin_grants(item: &ResolverConfig) -> Grants {
    let allowed = item.settings.get("dangerouslyAllowSignInWithoutUserInCatalog") == Some(&serde_json::Value::Bool(true));
    let one = |pattern| Pattern::new(pattern).into_iter().collect();
    let bounds = || NameBounds { kinds: one("user"), namespaces: one("default"), names: one(".*") };
    Grants { fallback: Some(if allowed { Decision::Grant(bounds()) } else { Decision::Deny }), ..Grants::deny_all() }
}
