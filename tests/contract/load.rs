//! What is refused before it is ever asked: the step, and one clear line.

use std::{fs, path::Path};

use serde_json::json;
use stagedoor::serve::StartError;
use stagedoor_tests::guests::{self, Chain};

/// The lines of a refusal at load, without what differs from machine to machine.
async fn refusal(chain: Chain, directory: &Path) -> String {
    let refusal = chain.refusal().await;
    let text = refusal.to_string();
    assert!(matches!(refusal, StartError::Stage(_)), "{text}");
    let lines = text.lines().map(|line| {
        let (file, rest) = line.split_once("app-config.yaml: ").unwrap_or_else(|| panic!("it names the file: {line}"));
        assert!(Path::new(file).is_dir() || file.is_empty(), "{file}");
        rest.replace(directory.to_str().unwrap(), "<directory>").replace(guests::path("dials").parent().unwrap().to_str().unwrap(), "<guests>")
    });
    lines.map(|line| line + "\n").collect()
}

/// The bytes of a good component, changed, as a file of that name.
fn changed(directory: &Path, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Chain {
    let mut bytes = fs::read(guests::path("annotation")).unwrap();
    change(&mut bytes);
    let file = directory.join(format!("{name}.wasm"));
    fs::write(&file, bytes).unwrap();
    Chain::default().then_file(name, &file)
}

/// Replaces every occurrence by text of the same length.
fn replace(bytes: &mut [u8], from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(from.len()).position(|window| window == from.as_bytes()) {
        bytes[at + found..at + found + from.len()].copy_from_slice(to.as_bytes());
        at += found + from.len();
    }
    assert!(at > 0, "{from} is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_component() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let mut text = String::new();
    for chain in [
        changed(directory, "empty", Vec::clear),
        changed(directory, "prose", |bytes| *bytes = b"(component)".to_vec()),
        changed(directory, "core", |bytes| *bytes = b"\0asm\x01\0\0\0".to_vec()),
        changed(directory, "cut-in-the-header", |bytes| bytes.truncate(6)),
        changed(directory, "cut-in-half", |bytes| bytes.truncate(bytes.len() / 2)),
        changed(directory, "no-exports", |bytes| bytes.truncate(8)),
        changed(directory, "corrupt", |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle..middle + 64].fill(0xff);
        }),
        Chain::default().then_file("missing", &directory.join("missing.wasm")),
        Chain::default().then_file("directory", directory),
        Chain::of("settings").limit("componentSize", "64KiB"),
        Chain::of("annotation").component("digest", json!(format!("sha256:{}", "0".repeat(64)))),
        Chain::default().then_known("nobodyWroteThis"),
    ] {
        text += &refusal(chain, directory).await;
    }
    // What the compiler of wasmtime says, and the digest, change with the guest.
    let filters =
        [("has the digest sha256:[0-9a-f]{64}", "has the digest sha256:<digest>"), ("is no valid component: .+", "is no valid component: <why>")];
    insta::with_settings!({ filters => filters }, {
        insta::assert_snapshot!(text);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn components_of_another_world() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let mut text = String::new();
    for chain in [
        Chain::of("wrong_world"),
        Chain::of("dials"),
        changed(directory, "another-version", |bytes| replace(bytes, "0.1.0-dev", "0.9.0-dev")),
        changed(directory, "unknown-interface", |bytes| replace(bytes, "stagedoor:resolver/request", "stagedoor:resolver/riddles")),
        changed(directory, "unknown-package", |bytes| replace(bytes, "stagedoor:resolver/request", "trapdoors:resolver/request")),
    ] {
        text += &refusal(chain, directory).await;
    }
    insta::assert_snapshot!(text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn components_that_cannot_describe_themselves() {
    let nowhere = Path::new("/nowhere");
    let mut text = String::new();
    for kind in ["traps", "no_json", "no_object", "too_long", "loops", "calls_host", "wrong_schema", "remote_schema"] {
        text += &refusal(Chain::of(&format!("describe_{kind}")), nowhere).await;
    }
    insta::assert_snapshot!(text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_that_needs_more_memory_than_it_may_have() {
    let text = refusal(Chain::of("state_leak").limit("memory", "1MiB"), Path::new("/nowhere")).await;
    insta::with_settings!({ filters => [("minimum byte size of [0-9]+", "minimum byte size of <bytes>")] }, {
        insta::assert_snapshot!(text);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_component_that_describes_itself_has_the_frozen_surroundings() {
    let staged = Chain::of("describe_looks_around").start().await.wired.stage().await.unwrap();
    assert_eq!(staged.resolvers[0].about.version, "0 variables, 0ns");
}
