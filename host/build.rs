//! Builds the built-in components and lists them for `source::builtin`.
//!
//! A cargo inside a cargo: it has a target directory of its own (the outer one is locked) and a profile of its own, and it must not inherit what
//! the outer build sets for the host, or the same source gives other bytes.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Package, and the name of the resolver in Backstage.
const RESOLVERS: [(&str, &str); 4] = [
    ("resolver-forwarded-user", "forwardedUserMatchingUserEntityName"),
    ("resolver-forwarded-preferred-username", "forwardedPreferredUsernameMatchingUserEntityName"),
    ("resolver-email-profile", "emailMatchingUserEntityProfileEmail"),
    ("resolver-email-local-part", "emailLocalPartMatchingUserEntityName"),
];

/// Package, and the name for `stagedoor.ownership`.
const OWNERSHIP: [(&str, &str); 1] = [("ownership-nested-groups", "nestedGroups")];

const TARGET: &str = "wasm32-wasip2";

fn main() {
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let workspace = manifest.parent().expect("host/ lies in the workspace");
    let out = PathBuf::from(variable("OUT_DIR"));
    for watched in ["resolver-sdk", "resolvers", "wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={}", workspace.join(watched).display());
    }
    // <target>/<profile>/build/<package>/out: one directory for all profiles.
    let target = out.ancestors().nth(4).expect("OUT_DIR lies in the target directory").join("resolvers");
    build(workspace, &target);
    let lists = list(&target, "RESOLVERS", "Backstage's resolvers", &RESOLVERS) + &list(&target, "OWNERSHIP", "Ownership components", &OWNERSHIP);
    fs::write(out.join("builtins.rs"), lists).expect("OUT_DIR can be written");
}

fn build(workspace: &Path, target: &Path) {
    let mut cargo = Command::new(variable("CARGO"));
    cargo.current_dir(workspace).args(["build", "--locked", "--profile", "resolver", "--target", TARGET, "--target-dir"]).arg(target);
    for (package, _) in RESOLVERS.iter().chain(&OWNERSHIP) {
        cargo.args(["-p", package]);
    }
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("RUSTC") || name.starts_with("CLIPPY") || name.starts_with("CARGO_") && name != "CARGO_HOME" || name == "RUSTFLAGS" {
            cargo.env_remove(&*name);
        }
    }
    // Panic messages name source files: the same on every machine.
    let home = env::var("CARGO_HOME").unwrap_or_else(|_| format!("{}/.cargo", env::var("HOME").unwrap_or_default()));
    let remap = format!("--remap-path-prefix={}=/stagedoor\u{1f}--remap-path-prefix={home}=/cargo", workspace.display());
    // Rust's default stack is 1 MiB, every page of which is looked at when an instance is reset.
    cargo.env("CARGO_ENCODED_RUSTFLAGS", format!("{remap}\u{1f}-Clink-arg=-zstack-size=131072"));
    let status = cargo.status().expect("cargo runs");
    assert!(status.success(), "the built-in components did not build: is the target there? rustup toolchain install --no-self-update");
}

fn list(target: &Path, constant: &str, what: &str, builtins: &[(&str, &str)]) -> String {
    let entries: String = builtins.iter().map(|(package, name)| entry(target, package, name)).collect();
    format!("/// {what}.\npub const {constant}: [Builtin; {}] = [\n{entries}];\n", builtins.len())
}

fn entry(target: &Path, package: &str, name: &str) -> String {
    let file = target.join(TARGET).join("resolver").join(format!("{}.wasm", package.replace('-', "_")));
    // As a Rust literal: a path may hold quotes and backslashes.
    let file = file.to_str().expect("the target directory has a name in UTF-8");
    format!("    Builtin {{ name: {name:?}, bytes: include_bytes!({file:?}) }},\n")
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}
