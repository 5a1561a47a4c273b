//! What a component asks for, read from its binary: the contract, the frozen WASI, powers, and nothing else.

use wasmtime::{
    Engine,
    component::{Component, types::ComponentItem},
};

use crate::{domain::grant::Power, wasm::wasi};

use super::ComponentError;

/// The package of the contract, and the version this host has.
pub(super) const PACKAGE: &str = "stagedoor:resolver/";
const VERSION: &str = "0.1.0-dev";

/// Interfaces of the base world: harmless, so nobody has to decide them.
const BASE: [&str; 9] = ["types", "request", "sign-in-info", "catalog", "sign-in", "settings", "tables", "log", "decision"];

/// Refuses what is outside the contract and returns the powers that are asked for.
pub(super) fn check(engine: &Engine, component: &Component) -> Result<Vec<Power>, ComponentError> {
    let kind = component.component_type();
    let mut powers = Vec::new();
    for (name, _) in kind.imports(engine) {
        powers.extend(import(name)?);
    }
    exports_handler(kind.exports(engine).map(|(name, item)| (name, item.ty)))?;
    Ok(powers)
}

/// Checks one import.
fn import(name: &str) -> Result<Option<Power>, ComponentError> {
    let wrong = |text: String| Err(ComponentError::WrongWorld(text));
    if wasi::ALLOWED.iter().any(|prefix| name.starts_with(prefix)) {
        return Ok(None);
    }
    if name.starts_with("wasi:") {
        return wrong(format!(
            "it imports {name}, but a resolver reaches no network: build Python and JavaScript components with --stub-wasi, and call out through a power"
        ));
    }
    let Some((interface, version)) = name.strip_prefix(PACKAGE).map(|rest| rest.split_once('@').unwrap_or((rest, ""))) else {
        return wrong(format!("it imports {name}, which is no part of {PACKAGE}*@{VERSION}: build it on the world `resolver`"));
    };
    if version != VERSION {
        return wrong(format!("it is built for {PACKAGE}*@{version}, this host has {VERSION}: build it with the SDK of this host"));
    }
    match Power::from_name(interface) {
        Some(power) => Ok(Some(power)),
        None if BASE.contains(&interface) => Ok(None),
        None => wrong(format!("it imports {name}, which this host does not know: use a newer host, or an SDK as old as this one")),
    }
}

/// The export that makes a component a resolver.
fn exports_handler<'a>(exports: impl Iterator<Item = (&'a str, ComponentItem)>) -> Result<(), ComponentError> {
    let wanted = format!("{PACKAGE}handler@{VERSION}");
    let mut others = Vec::new();
    for (name, item) in exports {
        if name == wanted && matches!(item, ComponentItem::ComponentInstance(_)) {
            return Ok(());
        }
        others.push(name.to_owned());
    }
    let found = if others.is_empty() { "nothing".to_owned() } else { others.join(", ") };
    Err(ComponentError::WrongWorld(format!("it exports {found}, but a resolver exports {wanted}: build it on the world `resolver`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(name: &str) -> String {
        import(name).unwrap_err().to_string()
    }

    #[test]
    fn the_base_and_the_frozen_wasi_need_no_decision() {
        for name in
            ["stagedoor:resolver/request@0.1.0-dev", "stagedoor:resolver/types@0.1.0-dev", "wasi:cli/stderr@0.2.6", "wasi:filesystem/types@0.2.6"]
        {
            assert_eq!(import(name).unwrap(), None, "{name}");
        }
    }

    #[test]
    fn powers_are_told() {
        for power in Power::ALL {
            assert_eq!(import(&format!("stagedoor:resolver/{power}@0.1.0-dev")).unwrap(), Some(power));
        }
    }

    #[test]
    fn what_is_outside_the_contract_is_refused_with_a_way_out() {
        assert!(refusal("wasi:sockets/tcp@0.2.6").contains("--stub-wasi"));
        assert!(refusal("wasi:http/types@0.2.10").contains("--stub-wasi"));
        assert!(refusal("stagedoor:resolver/request@0.2.0").contains("0.2.0, this host has 0.1.0-dev"));
        assert!(refusal("stagedoor:resolver/cookies@0.1.0-dev").contains("does not know"));
        assert!(refusal("acme:thing/x").contains("no part of"));
    }
}
