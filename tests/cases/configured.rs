//! Cases in a configuration: what a file does not state is what the configuration says, and each component has files of its own.

use stagedoor_tests::guests;

use crate::run::{self, Sandbox, assert_shown};

/// A file that decides nothing about settings and powers.
const ZED: &str = "
cases:
  - { name: zed comes in, given: { headers: { x-forwarded-user: zed } }, expect: { user: 'user:default/zed' } }
";

const BY_ANNOTATION: &str = "
given: { headers: { x-forwarded-user: A-1 }, catalog: { users: { alice: { annotations: { corp.example/id: A-1 } } } } }
cases:
  - { name: alice, expect: { user: 'user:default/alice' } }
  - { name: other settings, given: { settings: { annotation: other } }, expect: { error: { name: NotFoundError } } }
";

fn config(names: &str, more: &str) -> String {
    let (fallback, settings) = (guests::path("fallback").display().to_string(), guests::path("settings").display().to_string());
    format!(
        "auth: {{ providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ resolver: zed }}, {{ resolver: by-id, annotation: corp.example/id }}] }} }} }} }}
stagedoor:
  components:
    zed: {{ source: '{fallback}', cases: zed.cases.yaml, grants: {{ fallback: {{ kinds: [user], namespaces: [default], names: ['{names}'] }} }} }}
    by-id: {{ source: '{settings}', cases: [by-id.cases.yaml] }}
{more}"
    )
}

fn sandbox(config: &str) -> Sandbox {
    Sandbox::new(&[("app-config.yaml", config), ("zed.cases.yaml", ZED), ("by-id.cases.yaml", BY_ANNOTATION)])
}

#[test]
fn without_a_component_all_that_have_cases_are_tested_as_they_are_configured() {
    let ran = sandbox(&config("z.*", "")).run(&["resolver", "test"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_shown!("configured", ran);
    let ran = sandbox(&config("y.*", "")).run(&["resolver", "test", "--config", "app-config.yaml"]);
    assert_eq!((ran.code, ran.stdout.contains("1 FAILED, 2 passed")), (Some(1), true), "today's grant counts: {ran}");
}

#[test]
fn a_component_that_is_configured_is_tested_with_its_settings_and_grants() {
    let sandbox = sandbox(&config("z.*", ""));
    let test = |guest: &str, cases: &str| {
        let component = guests::path(guest);
        sandbox.run(&["resolver", "test", component.to_str().expect("UTF-8"), "--cases", cases, "--config", "app-config.yaml"])
    };
    let ran = test("settings", "by-id.cases.yaml");
    assert_eq!((ran.code, ran.stdout.starts_with("by-id (sha256:")), (Some(0), true), "{ran}");
    assert_eq!(test("fallback", "zed.cases.yaml").code, Some(0));
    let unlisted = test("issue_self", "zed.cases.yaml");
    assert_eq!(unlisted.code, Some(78), "nothing is decided about it: {unlisted}");
}

#[test]
fn who_sends_the_request_counts_only_where_the_case_says_so() {
    let trust = "  trust: { peers: [10.1.0.0/16], sharedSecret: { header: x-secret, values: [0123456789abcdef] } }\n";
    let sandbox = sandbox(&config("z.*", trust));
    let peers = "
given: { headers: { x-forwarded-user: zed } }
cases:
  - { name: not said, expect: { user: 'user:default/zed' } }
  - { name: the proxy, given: { peer: 10.1.2.3, headers: { x-secret: 0123456789abcdef } }, expect: { user: 'user:default/zed' } }
  - { name: the proxy without its secret, given: { peer: 10.1.2.3 }, expect: { error: { name: AuthenticationError, code: bad-proxy-secret } } }
  - { name: a stranger, given: { peer: 192.0.2.1 }, expect: { error: { name: AuthenticationError, status: 401, code: untrusted-peer } } }
";
    std::fs::write(sandbox.path().join("zed.cases.yaml"), peers).expect("a file");
    let ran = sandbox.run(&["resolver", "test"]);
    assert_eq!(ran.code, Some(0), "{ran}");
}

#[test]
fn check_counts_the_cases_and_reads_them() {
    let ran = sandbox(&config("z.*", "")).run(&["check"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stdout.contains("  cases      2 of by-id in ") && ran.stdout.contains("\n             1 of zed in "), "{ran}");
    let sandbox = sandbox(&config("z.*", ""));
    std::fs::write(sandbox.path().join("zed.cases.yaml"), "cases: [{ name: a, expects: {} }]").expect("a file");
    let ran = sandbox.run(&["check"]);
    assert_eq!(ran.code, Some(78), "{ran}");
    assert!(ran.stderr.contains("zed.cases.yaml: cases[\"a\"].expects: unknown key; did you mean expect?"), "{ran}");
}

#[test]
fn the_file_beside_a_component_needs_no_name() {
    let component = std::fs::read(guests::path("settings")).expect("a guest");
    let config = run::config("mine, annotation: corp.example/id", "stagedoor: { components: { mine: { source: ./mine.wasm } } }");
    let sandbox = Sandbox::new(&[("app-config.yaml", &config)]);
    std::fs::write(sandbox.path().join("mine.wasm"), component).expect("a file");
    let ran = sandbox.run(&["resolver", "test"]);
    assert_eq!((ran.code, ran.stderr.contains("no component of the configuration has cases")), (Some(2), true), "{ran}");
    std::fs::write(sandbox.path().join("mine.cases.yaml"), BY_ANNOTATION).expect("a file");
    for arguments in [&[][..], &["mine.wasm", "--config", "app-config.yaml"]] {
        let ran = sandbox.run(&[&["resolver", "test"], arguments].concat());
        assert_eq!(ran.code, Some(0), "{ran}");
    }
    let alone = sandbox.run(&["resolver", "test", "mine.wasm"]);
    assert_eq!(alone.code, Some(1), "without a configuration there are no settings: {alone}");
}
