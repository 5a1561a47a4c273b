//! Fetch: which component the configuration means, its bytes, and what was decided about it.

use std::{borrow::Cow, fmt, path::PathBuf};

use crate::{
    config::{self, ComponentConfig, Config, ResolverConfig},
    domain::{
        component_kind::ComponentKind,
        grant::{Decision, Grants, NameBounds, NoBounds, Pattern},
    },
    source::{
        builtin::{self, Builtin},
        file,
    },
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
    kind: ComponentKind,
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
        let Self { origin, path, kind, resolver } = self;
        StageError { origin: origin.clone(), path: path.clone(), kind: *kind, resolver: resolver.clone(), step, message }
    }
}

pub(super) async fn run(stage: &Stage, config: &Config, kind: ComponentKind, item: &ResolverConfig) -> Result<Fetched, StageError> {
    let name = &item.name;
    let configured = config.stagedoor.components.get(name);
    let (origin, path) = match configured {
        _ if stage.replaced.contains_key(name) => (config::Origin::argument("--resolver"), name.clone()),
        Some(component) => (component.origin.clone(), component.path.clone()),
        None => (item.origin.clone(), item.path.clone()),
    };
    let place = Place { origin, path, kind, resolver: name.clone() };
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
    let Some(builtin) = builtin::find(name) else { return Err(place.refuse(Step::Fetch, unknown(config, kind, name))) };
    let (grants, grants_path) = builtin_grants(kind, item);
    Ok(Fetched { origin: Origin::BuiltIn, bytes: builtin.bytes.into(), grants, grants_path, expected_digest: None, place })
}

/// What to say of a name that is neither a component's nor a built-in's.
fn unknown(config: &Config, kind: ComponentKind, name: &str) -> String {
    let what = match kind {
        // Backstage's own words.
        ComponentKind::Resolver => format!("Sign-in resolver '{name}' is not available"),
        ComponentKind::Profile | ComponentKind::Ownership => format!("there is no component '{name}'"),
    };
    let builtins: &[Builtin] = match kind {
        ComponentKind::Profile => &[],
        ComponentKind::Resolver => &builtin::RESOLVERS,
        ComponentKind::Ownership => &builtin::OWNERSHIP,
    };
    let known: Vec<_> = builtins.iter().map(|builtin| builtin.name).chain(config.stagedoor.components.keys().map(String::as_str)).collect();
    let or_use = if known.is_empty() { String::new() } else { format!(", or use one of {}", known.join(", ")) };
    format!("{what}: name a component in stagedoor.components{or_use}")
}

/// What a built-in may do, and where that was decided: a resolver asks for `fallback` alone, and its option is the decision; of ownership components
/// the choice itself is one.
fn builtin_grants(kind: ComponentKind, item: &ResolverConfig) -> (Grants, String) {
    if kind == ComponentKind::Ownership {
        return (Grants { groups: Some(Decision::Grant(NoBounds)), ..Grants::deny_all() }, item.path.clone());
    }
    let allowed = item.settings.get("dangerouslyAllowSignInWithoutUserInCatalog") == Some(&serde_json::Value::Bool(true));
    let one = |pattern| Pattern::new(pattern).into_iter().collect();
    let bounds = || NameBounds { kinds: one("user"), namespaces: one("default"), names: one(".*") };
    let grants = Grants { fallback: Some(if allowed { Decision::Grant(bounds()) } else { Decision::Deny }), ..Grants::deny_all() };
    (grants, format!("{}.dangerouslyAllowSignInWithoutUserInCatalog", item.path))
}
