//! The cookbook's examples as components: the real binary runs each of them through whole sign-ins, with the cases that `cargo test -p cookbook` runs
//! natively.

#[path = "../cli/run.rs"]
#[expect(dead_code, reason = "of what runs the binary only a part is needed here")]
mod run;

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
};

use run::{Ran, command, root};

/// Case files in order.
fn case_files() -> Vec<PathBuf> {
    let cases = root().join("docs/cookbook/cases");
    let mut files: Vec<_> = fs::read_dir(cases).expect("the cookbook").map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

/// `01_name_from_header.cases.yaml` is about `name_from_header.wasm`.
fn ran(cases: &Path) -> Ran {
    let stem = cases.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".cases.yaml")).expect("a case file");
    let component = Path::new(env!("STAGEDOOR_COOKBOOK")).join(format!("{}.wasm", &stem[3..]));
    let [component, cases] = [&component, cases].map(|path| path.to_str().expect("UTF-8"));
    Ran::of(&mut command(&root(), &["resolver", "test", component, "--cases", cases]))
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
        all.into_iter().filter(|(_, ran)| ran.code != Some(0)).map(|(file, ran)| format!("{}: {ran}", file.display())).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert_eq!(files.len(), 26);
}
