//! Builds the guests of the tests as any author would: plain cargo, in a crate outside of the workspace. And the cookbook's examples, as components.
//!
//! As in `host/build.rs`, this cargo inside a cargo has a target directory of its own and inherits nothing that the outer build sets for the
//! host.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "wasm32-wasip2";

fn main() {
    let tests = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let guests = tests.join("fixtures/guests/rust");
    for watched in [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "examples",
        "../../../../resolver-sdk/src",
        "../../../../resolver-sdk/Cargo.toml",
        "../../../../wit",
        "../../../../resolvers/example-domain-fallback",
    ] {
        println!("cargo:rerun-if-changed={}", guests.join(watched).display());
    }
    // <target>/<profile>/build/<package>/out: one directory for all profiles.
    let out = PathBuf::from(variable("OUT_DIR"));
    let target = out.ancestors().nth(4).expect("OUT_DIR lies in the target directory").join("guests");
    build(&guests, &["--release", "--examples"], &target);
    let workspace = tests.parent().expect("tests/ lies in the workspace");
    let cookbook = target.with_file_name("cookbook");
    for watched in ["examples", "Cargo.toml"] {
        println!("cargo:rerun-if-changed={}", workspace.join("docs/cookbook").join(watched).display());
    }
    build(workspace, &["-p", "cookbook", "--profile", "resolver", "--examples"], &cookbook);
    println!("cargo:rustc-env=STAGEDOOR_COOKBOOK={}", cookbook.join(TARGET).join("resolver/examples").display());
    println!("cargo:rustc-env=STAGEDOOR_GUESTS={}", target.join(TARGET).join("release/examples").display());
    println!("cargo:rustc-env=STAGEDOOR_FOREIGN_GUESTS={}", target.join("foreign").display());
}

fn build(directory: &Path, what: &[&str], target: &Path) {
    let mut cargo = Command::new(variable("CARGO"));
    cargo.current_dir(directory).args(["build", "--locked", "--target", TARGET]).args(what).arg("--target-dir").arg(target);
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("RUSTC") || name.starts_with("CLIPPY") || name.starts_with("CARGO_") && name != "CARGO_HOME" || name == "RUSTFLAGS" {
            cargo.env_remove(&*name);
        }
    }
    let status = cargo.status().expect("cargo runs");
    assert!(status.success(), "the guests of the tests did not build: is the target there? rustup toolchain install --no-self-update");
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}
