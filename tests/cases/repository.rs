//! The case files of this repository hold: those of the built-ins and of the example. `cargo test` of each crate runs the same files natively.

use std::fs;

use stagedoor::source::builtin;
use stagedoor_tests::guests;

use crate::run::{Ran, Sandbox, assert_shown, root};

fn of_file(component: &str, crate_name: &str) -> Ran {
    let cases = format!("resolvers/{crate_name}/{crate_name}.cases.yaml");
    Ran::of(&mut crate::run::command(&root(), &["resolver", "test", component, "--cases", &cases]))
}

#[test]
fn every_case_of_the_built_ins_holds() {
    for (name, crate_name) in [
        ("forwardedUserMatchingUserEntityName", "forwarded-user"),
        ("forwardedPreferredUsernameMatchingUserEntityName", "forwarded-preferred-username"),
        ("emailMatchingUserEntityProfileEmail", "email-profile"),
        ("emailLocalPartMatchingUserEntityName", "email-local-part"),
        ("nestedGroups", "ownership-nested-groups"),
    ] {
        let sandbox = Sandbox::new(&[]);
        let component = sandbox.path().join("component.wasm");
        fs::write(&component, builtin::find(name).expect("a built-in").bytes).expect("a file");
        let ran = of_file(component.to_str().expect("UTF-8"), crate_name);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(ran.stdout.lines().filter(|line| line.starts_with("  ok ")).count() >= 7, "{ran}");
    }
}

#[test]
fn every_case_of_the_example_holds() {
    let component = guests::path("example_domain_fallback");
    let ran = of_file(component.to_str().expect("UTF-8"), "example-domain-fallback");
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_shown!("example", ran);
}
