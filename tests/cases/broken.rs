//! What cannot be run ends with 78 or 2 and says why: every fault of a file at once, with the case and the key path.

use crate::{
    ran,
    run::{Sandbox, assert_shown},
};

const FAULTS: &str = "
given: { headers: { x-forwarded-user: alice }, catalog: { users: { alice: {} } } }
cases:
  - name: misspelt
    given: { hedaers: {}, catalog: { user: {}, users: { bob: { mail: x } }, fault: broken } }
    expect: { user: 'user:default/alice', owner: [] }
  - name: wrong values
    given:
      headers: { x-number: 7, 'no name': x, x-list: [a, 7], x-control: \"a\\nb\" }
      peer: somewhere
      settings: text
      grants: { fallback: { kinds: user }, fly: deny }
      claims: { id: expired }
      forged: { access: true }
      tables: { roles: [a] }
      http: [{ request: { method: GET }, response: { status: 101 } }, { request: { url: x } }, { request: { url: y }, response: { json: {}, body: '' } }]
      clock: yesterday
    expect: { user: alice }
  - name: the same request twice
    given: { http: [{ request: { url: x }, fault: unavailable }, { request: { method: GET, url: x }, response: {} }] }
    expect: { user: 'user:default/alice' }
  - name: what the catalog would leave out
    given: { catalog: { entities: [{ kind: User, metadata: { name: eve } }], users: { a/b/c: {} } } }
    expect: { user: 'user:default/alice' }
  - name: a token that is forged and is not
    given: { claims: { access: {} }, forged: { access: {} } }
    expect: { user: 'user:default/alice' }
  - name: misspelt
    expect: { error: { name: NotFoundError, status: 404 } }
  - expect: {}
  - just text
  - name: no expectation
";

#[test]
fn every_fault_of_a_file_is_told_at_once() {
    let ran = ran("annotation", FAULTS, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(78), ""), "{ran}");
    assert_shown!("faults", ran);
}

#[test]
fn a_fault_in_what_all_cases_have_in_common_is_told_once() {
    let ran = ran("annotation", "given: { headrs: {} }\ncases: [{ name: a, expect: { user: 'user:default/a' } }]", &[]);
    assert_eq!(ran.code, Some(78), "{ran}");
    assert_eq!(ran.stderr, "error: x.cases.yaml: given.headrs: unknown key; did you mean headers?\n");
}

#[test]
fn what_is_no_case_file_is_refused() {
    for (text, why) in [
        ("", "x.cases.yaml: cases: missing; expected a list of cases"),
        ("cases: []", "x.cases.yaml: cases: there is no case: a file without any would always pass"),
        ("cases: {}", "x.cases.yaml: cases: expected a list, got an object"),
        ("- a", "x.cases.yaml: expected an object of keys, got a list"),
        ("cases: [", "x.cases.yaml: not valid YAML: "),
        ("cases: []\ncases: []", "x.cases.yaml: not valid YAML: "),
        ("case: [{ name: a }]", "x.cases.yaml: case: unknown key; did you mean cases?"),
    ] {
        let ran = ran("annotation", text, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(78), ""), "{text}: {ran}");
        assert!(ran.stderr.contains(why), "{text}: {ran}");
    }
}

#[test]
fn a_power_that_the_file_does_not_decide_is_named_where_it_is_to_be_decided() {
    let ran = ran("fallback", "cases: [{ name: a, expect: { user: 'user:default/a' } }]", &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(78), ""), "{ran}");
    assert_shown!("undecided", ran);
}

#[test]
fn without_a_component_or_a_case_file_nothing_runs() {
    let sandbox = Sandbox::new(&[
        ("a.cases.yaml", "cases: [{ name: a, expect: { user: 'user:default/a' } }]"),
        ("alone.wasm", ""),
        ("module.wasm", "\0asm\x01\0\0\0"),
        ("module.cases.yaml", "cases: [{ name: a, expect: { user: 'user:default/a' } }]"),
    ]);
    for (arguments, code, why) in [
        (&["a.wasm"][..], 78, "a.wasm cannot be read"),
        (&["alone.wasm"], 2, "there is no alone.cases.yaml: name the case file with --cases"),
        (&["module.wasm"], 78, "a core module, not a component"),
        (&["module.wasm", "--cases", "gone.cases.yaml"], 78, "gone.cases.yaml: cannot be read"),
        (&["--cases", "a.cases.yaml"], 2, "required arguments were not provided"),
        (&[], 78, "there is no app-config.yaml"),
    ] {
        let ran = sandbox.run(&[&["resolver", "test"], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{arguments:?}: {ran}");
        assert!(ran.stderr.contains(why), "{arguments:?}: {ran}");
    }
}
