//! Case files, seen from outside: the real binary runs those of this repository and of the tests, good ones, failing ones and broken ones.

mod broken;
mod configured;
mod outcomes;
mod repository;
#[path = "../cli/run.rs"]
mod run;

use stagedoor_tests::guests;

use run::{Ran, Sandbox};

/// `stagedoor resolver test` for a guest of the tests and cases with this text.
fn ran(guest: &str, cases: &str, more: &[&str]) -> Ran {
    let sandbox = Sandbox::new(&[("x.cases.yaml", cases)]);
    let component = guests::path(guest);
    let component = component.to_str().expect("UTF-8");
    sandbox.run(&[&["resolver", "test", component, "--cases", "x.cases.yaml"], more].concat())
}
