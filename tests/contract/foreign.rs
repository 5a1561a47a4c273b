//! Resolvers in JavaScript (QuickJS) and Python, on a world of their own that imports `issue-self`.
//!
//! Their toolchains come from registries. Where those are missing the test says so on stderr and passes; with `STAGEDOOR_REQUIRE_ALL=1` it fails.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use serde_json::json;
use stagedoor_tests::{
    fixture,
    guests::{Chain, FOREIGN_DIRECTORY},
};

use super::issue_self_bounds;

/// A language: its name, what must be there, and what the script installs first.
const JAVASCRIPT: (&str, &[&str], &str) = ("js", &["node", "npm"], "tools/js/node_modules/@bytecodealliance/jco");
const PYTHON: (&str, &[&str], &str) = ("py", &["python3"], "tools/py/bin/componentize-py");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_languages() {
    for language in [JAVASCRIPT, PYTHON] {
        match build(language) {
            Ok(component) => signs_in(language.0, &component).await,
            Err(missing) => {
                assert!(env::var_os("STAGEDOOR_REQUIRE_ALL").is_none_or(|value| value != "1"), "{missing}");
                // Around the capture of the test harness: nobody shall take this for a pass.
                let _ = writeln!(std::io::stderr(), "\nSKIPPED: the guest in {}: {missing}\n", language.0);
            }
        }
    }
}

async fn signs_in(language: &str, component: &Path) {
    let started = Instant::now();
    let chain = Chain::default().then_file(language, component).grants(json!({ "issue-self": issue_self_bounds(true) }));
    let app = chain.limit("timeout", "20 s").start().await;
    println!("{language}: {} bytes, loaded in {:?}", fs::metadata(component).unwrap().len(), started.elapsed());
    for (name, owned) in [("alice", json!(["user:default/alice", "group:default/team-a"])), ("zed", json!(["user:default/zed"]))] {
        let started = Instant::now();
        let answer = app.refresh(&[("x-forwarded-user", name)]).await;
        println!("{language}: {name} after {:?}", started.elapsed());
        assert_eq!(answer.json()["backstageIdentity"]["identity"]["ownershipEntityRefs"], owned, "{answer:?}");
    }
    let answer = app.refresh(&[("x-forwarded-user", "zed-9")]).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_deref()), (403, Some("NotAllowedError")), "an error of the host comes through: {answer:?}");
    let undecided = Chain::default().then_file(language, component).refusal().await.to_string();
    assert!(undecided.contains(&format!("stagedoor.components.{language}.grants.issue-self")), "{undecided}");
}

/// Builds the guest unless it is there already, out of the same inputs. The error says what is missing.
fn build((language, programs, toolchain): (&str, &[&str], &str)) -> Result<PathBuf, String> {
    let directory = Path::new(FOREIGN_DIRECTORY);
    let (component, stamp) = (directory.join(format!("guest-{language}.wasm")), directory.join(format!("{language}.stamp")));
    let inputs = inputs(language);
    if component.exists() && fs::read_to_string(&stamp).is_ok_and(|built_from| built_from == inputs) {
        return Ok(component);
    }
    for program in programs {
        let runs = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !runs.is_ok_and(|status| status.success()) {
            return Err(format!("{program} is missing"));
        }
    }
    fs::create_dir_all(directory).unwrap();
    let built = Command::new("sh").arg(fixture("guests/build.sh")).arg(directory).env("ONLY", language).output().unwrap();
    if !built.status.success() {
        let words = String::from_utf8_lossy(&built.stderr).into_owned();
        // With the toolchain in place it is the guest that is wrong.
        assert!(!directory.join(toolchain).exists(), "the guest in {language} does not build: {words}");
        return Err(format!("its toolchain cannot be installed: {words}"));
    }
    fs::write(stamp, inputs).unwrap();
    Ok(component)
}

/// A digest of everything that decides about the bytes of the component.
fn inputs(language: &str) -> String {
    let mut hasher = DefaultHasher::new();
    let mut files = vec![fixture("guests/build.sh"), fixture("guests/world.wit")];
    for directory in [fixture(&format!("guests/{language}")), fixture("../../wit")] {
        files.extend(fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()));
    }
    files.sort();
    for file in files {
        fs::read(&file).unwrap().hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}
