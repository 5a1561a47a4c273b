//! What a component asks for, read from its binary: the contract, the frozen WASI, powers, and nothing else.

use wasmtime::{
    Engine,
    component::{Component, types::ComponentItem},
};

use crate::{
    domain::{component_kind::ComponentKind, grant::Power},
    wasm::wasi,
};

use super::ComponentError;

/// The package of the contract, and the version this host has.
pub(super) const PACKAGE: &str = "stagedoor:resolver/";
const VERSION: &str = "0.1.0-dev";

/// Interfaces that nobody has to decide, because they are harmless: those of the world of each kind.
fn base(kind: ComponentKind) -> &'static [&'static str] {
    match kind {
        ComponentKind::Profile => &["types", "request", "sign-in-info", "settings", "tables", "log", "decision"],
        ComponentKind::Resolver => &["types", "request", "sign-in-info", "catalog", "sign-in", "settings", "tables", "log", "decision"],
        ComponentKind::Ownership => &["types", "catalog", "settings", "tables", "log", "decision"],
    }
}

/// Powers that there are for each kind: only a resolver makes an identity and changes it.
fn powers(kind: ComponentKind) -> &'static [Power] {
    match kind {
        ComponentKind::Profile => &[Power::SensitiveHeaders, Power::VerifiedClaims, Power::UnverifiedClaims, Power::HttpClient],
        ComponentKind::Resolver => &Power::ALL,
        ComponentKind::Ownership => &[Power::Groups, Power::HttpClient],
    }
}

/// The full name of an interface of the contract.
pub(super) fn versioned(interface: &str) -> String {
    format!("{PACKAGE}{interface}@{VERSION}")
}

/// Refuses a component that is not of that kind, or that wants what is outside of its world; returns the powers that it asks for.
pub(super) fn check(engine: &Engine, kind: ComponentKind, component: &Component) -> Result<Vec<Power>, ComponentError> {
    let component = component.component_type();
    let exported = |(name, item): (&str, ComponentItem)| matches!(item, ComponentItem::ComponentInstance(_)).then(|| name.to_owned());
    let instances: Vec<_> = component.exports(engine).filter_map(|(name, item)| exported((name, item.ty))).collect();
    let exports = |kind: &ComponentKind| instances.contains(&versioned(kind.export()));
    // What it is comes first: what a component of another kind imports would only confuse.
    if !exports(&kind)
        && let Some(other) = ComponentKind::ALL.into_iter().find(exports)
    {
        let (export, place) = (versioned(other.export()), other.config_key());
        return Err(ComponentError::WrongWorld(format!("it exports {export}, so it is {other}, not {kind}: name it in {place}")));
    }
    let mut powers = Vec::new();
    for (name, _) in component.imports(engine) {
        powers.extend(import(kind, name)?);
    }
    if exports(&kind) {
        return Ok(powers);
    }
    let names: Vec<_> = component.exports(engine).map(|(name, _)| name).collect();
    let found = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let (wanted, world) = (versioned(kind.export()), kind.world());
    Err(ComponentError::WrongWorld(format!("it exports {found}, but {kind} exports {wanted}: build it on the world `{world}`")))
}

/// Checks one import.
fn import(kind: ComponentKind, name: &str) -> Result<Option<Power>, ComponentError> {
    let wrong = |text: String| Err(ComponentError::WrongWorld(text));
    if wasi::ALLOWED.iter().any(|prefix| name.starts_with(prefix)) {
        return Ok(None);
    }
    if name.starts_with("wasi:") {
        return wrong(format!(
            "it imports {name}, but {kind} reaches no network: build Python and JavaScript components with --stub-wasi, and call out through a power"
        ));
    }
    let world = kind.world();
    let Some((interface, version)) = name.strip_prefix(PACKAGE).map(|rest| rest.split_once('@').unwrap_or((rest, ""))) else {
        return wrong(format!("it imports {name}, which is no part of {PACKAGE}*@{VERSION}: build it on the world `{world}`"));
    };
    if version != VERSION {
        return wrong(format!("it is built for {PACKAGE}*@{version}, this host has {VERSION}: build it with the SDK of this host"));
    }
    match Power::from_name(interface) {
        Some(power) if powers(kind).contains(&power) => Ok(Some(power)),
        None if base(kind).contains(&interface) => Ok(None),
        // A resolver may import whatever there is.
        Some(_) => wrong(not_for(kind, name)),
        None if base(ComponentKind::Resolver).contains(&interface) => wrong(not_for(kind, name)),
        None => wrong(format!("it imports {name}, which this host does not know: use a newer host, or an SDK as old as this one")),
    }
}

fn not_for(kind: ComponentKind, name: &str) -> String {
    let (world, resolver) = (kind.world(), ComponentKind::Resolver);
    format!("it imports {name}, which is not in the world `{world}` of {kind}: let {resolver} do that")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: &str) -> String {
        import(ComponentKind::Resolver, name).unwrap_err().to_string()
    }

    #[test]
    fn the_base_and_the_frozen_wasi_need_no_decision() {
        for name in
            ["stagedoor:resolver/request@0.1.0-dev", "stagedoor:resolver/types@0.1.0-dev", "wasi:cli/stderr@0.2.6", "wasi:filesystem/types@0.2.6"]
        {
            assert_eq!(import(ComponentKind::Resolver, name).unwrap(), None, "{name}");
        }
    }

    #[test]
    fn powers_are_told() {
        for power in Power::ALL {
            assert_eq!(import(ComponentKind::Resolver, &versioned(power.name())).unwrap(), Some(power));
        }
    }

    #[test]
    fn the_other_kinds_have_less() {
        let has = |kind| {
            let all = base(ComponentKind::Resolver).iter().copied().chain(Power::ALL.map(Power::name));
            all.filter(|interface| import(kind, &versioned(interface)).is_ok()).collect::<Vec<_>>().join(" ")
        };
        let (profile, ownership) = (has(ComponentKind::Profile), has(ComponentKind::Ownership));
        assert_eq!(
            profile,
            "types request sign-in-info settings tables log decision sensitive-headers verified-claims unverified-claims http-client"
        );
        assert_eq!(ownership, "types catalog settings tables log decision groups http-client");
        let refused = import(ComponentKind::Profile, &versioned("issue-self")).unwrap_err().to_string();
        assert_eq!(
            refused,
            "it imports stagedoor:resolver/issue-self@0.1.0-dev, which is not in the world `profile-transform` of a profile component: let a resolver do that"
        );
    }

    #[test]
    fn what_is_outside_the_contract_is_refused_with_a_way_out() {
        assert!(refusal("wasi:sockets/tcp@0.2.6").contains("--stub-wasi"));
        assert!(refusal("wasi:http/types@0.2.10").contains("--stub-wasi"));
        assert!(refusal("stagedoor:resolver/request@0.2.0").contains("0.2.0, this host has 0.1.0-dev"));
        assert!(refusal("stagedoor:resolver/telepathy@0.1.0-dev").contains("does not know"));
        assert!(refusal("acme:thing/x").contains("no part of"));
    }
}
