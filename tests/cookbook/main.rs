//! The cookbook's examples as components: the real binary runs each of them through whole sign-ins, with the cases that `cargo test -p cookbook` runs
//! natively.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
};

use stagedoor_tests::{binary, state_directory};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace")
}

/// Case files in order.
fn case_files() -> Vec<PathBuf> {
    let cases = root().join("docs/cookbook/cases");
    let mut files: Vec<_> = fs::read_dir(cases).expect("the cookbook").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// `01_name_from_header.cases.yaml` is about `name_from_header.wasm`.
fn ran(cases: &Path) -> Output {
    let stem = cases.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".cases.yaml")).expect("a case file");
    let component = Path::new(env!("STAGEDOOR_COOKBOOK")).join(format!("{}.wasm", &stem[3..]));
    let mut command = Command::new(binary());
    command.current_dir(root()).args(["resolver", "test"]).arg(component).arg("--cases").arg(cases).env_clear();
    // So that each component is compiled once for all tests.
    command.env("APP_CONFIG_stagedoor_stateDir", serde_json::json!(state_directory()).to_string());
    command.output().expect("the binary runs")
}

#[test]
fn every_case_of_the_cookbook_holds_for_the_component() {
    let files = case_files();
    let failures: Vec<_> = thread::scope(|scope| {
        let (one, other) = files.split_at(files.len() / 2);
        let run = |half: &'_ [PathBuf]| half.iter().map(|file| (file.clone(), ran(file))).collect::<Vec<_>>();
        let other = scope.spawn(move || run(other));
        let mut all = run(one);
        all.extend(other.join().expect("no panic"));
        let shown = |ran: &Output| [&*ran.stdout, &*ran.stderr].map(String::from_utf8_lossy).concat();
        all.into_iter().filter(|(_, ran)| !ran.status.success()).map(|(file, ran)| format!("{}:\n{}", file.display(), shown(&ran))).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert_eq!(files.len(), 26);
}
