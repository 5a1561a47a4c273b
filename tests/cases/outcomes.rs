//! What came against what was expected: each member is compared, and each difference is shown with the decision that led to it.

use serde_json::Value;

use crate::{ran, run::assert_shown};

/// Users and claims for a guest that adds the claims of a header.
const CLAIMS: &str = "
given:
  headers: { x-forwarded-user: alice, x-claims: '{\"groups\":[\"a\"],\"level\":2}' }
  grants: { add-token-claims: { claims: [groups, level] } }
  catalog:
    users:
      alice: { email: alice@corp.example, displayName: Alice, groups: [team-a, team-b] }
      people/carol: {}
";

fn claims(cases: &str) -> String {
    format!("{CLAIMS}cases:\n{cases}")
}

#[test]
fn every_member_that_is_stated_is_compared() {
    let ran = ran(
        "add_token_claims",
        &claims(
            "
  - name: all of it holds
    expect:
      user: user:default/alice
      ownership: [user:default/alice, group:default/team-a, group:default/team-b]
      profile: { displayName: alice }
      claims: { level: 2, groups: [a] }
  - name: another user
    expect: { user: 'user:default/bob' }
  - name: another order, a group too many and one too few
    expect: { user: 'user:default/alice', ownership: ['group:default/team-b', 'user:default/alice', 'group:default/team-c'] }
  - name: a profile has all of its members
    expect: { user: 'user:default/alice', profile: { displayName: alice, email: alice@corp.example } }
  - name: and no others
    given: { headers: { x-forwarded-email: a@b } }
    expect: { user: 'user:default/alice', profile: { displayName: alice } }
  - name: claims are all of the further claims
    expect: { user: 'user:default/alice', claims: { groups: [b] } }
  - name: a sign-in where a refusal is expected
    expect: { error: { name: NotAllowedError } }
  - name: a refusal where a sign-in is expected
    given: { headers: { x-forwarded-user: null } }
    expect: { user: 'user:default/alice' }
  - name: another error
    given: { headers: { x-forwarded-user: null } }
    expect: { error: { name: InputError, status: 400, message: something else, code: guarded } }
  - name: nobody is found
    given: { headers: { x-forwarded-user: people/carol } }
    expect: { user: 'user:people/carol' }
  - name: settings that are taken
    expect: { load: refused }
  - name: a power that is denied
    given: { grants: { add-token-claims: deny } }
    expect: { user: 'user:default/alice' }
",
        ),
        &[],
    );
    assert_eq!(ran.code, Some(1), "{ran}");
    assert_shown!("differences", ran);
}

#[test]
fn what_a_component_does_to_itself_is_an_outcome_too() {
    let cases = "
cases:
  - { name: a panic, given: { headers: { x-forwarded-user: mallory } }, expect: { error: { name: Error, status: 500, code: resolver-trapped } } }
";
    let trapped = ran("traps", cases, &[]);
    assert_eq!(trapped.code, Some(0), "{trapped}");
    let timeout = cases.replace("resolver-trapped", "resolver-timeout");
    let timeout = ran("traps", &timeout, &[]);
    assert_eq!(timeout.code, Some(1), "{timeout}");
    assert!(timeout.stdout.contains("          - resolver-timeout\n          + resolver-trapped\n"), "{timeout}");
}

/// A component that swallows what it was refused cannot pass for one that asked for nothing.
#[test]
fn the_record_shows_what_was_swallowed() {
    let swallowed = claims(
        "
  - name: swallowed
    given: { headers: { x-swallow: 'yes' }, grants: { add-token-claims: { claims: [other] } } }
    expect: { user: 'user:default/alice', claims: { groups: [a] } }
",
    );
    let ran = ran("add_token_claims", &swallowed, &[]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stdout.contains("looked up by entity-ref=1, was refused add-token-claims, answered"), "{ran}");
}

#[test]
fn tables_of_the_case_are_those_of_the_sign_in() {
    let cases = "
cases:
  - { name: a table that is not there, given: { headers: { x-forwarded-user: mallory } }, expect: { error: { name: Error, code: resolver-trapped } } }
";
    let ran = ran("looks_up_table", cases, &[]);
    assert_eq!(ran.code, Some(0), "{ran}");
}

#[test]
fn settings_are_checked_as_at_a_start() {
    let cases = "
given: { headers: { x-forwarded-user: A-1 }, catalog: { users: { alice: { annotations: { corp.example/id: A-1 } } } } }
cases:
  - { name: right, given: { settings: { annotation: corp.example/id } }, expect: { user: 'user:default/alice' } }
  - { name: missing, expect: { load: refused } }
  - { name: wrong, given: { settings: { annotation: 7 } }, expect: { user: 'user:default/alice' } }
  - { name: misspelt, given: { settings: { annotation: corp.example/id, notAlowed: [A-1] } }, expect: { load: refused } }
";
    let ran = ran("settings", cases, &[]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert_shown!("settings", ran);
}

/// What a component or a case file says reaches a terminal without what a terminal obeys.
#[test]
fn nothing_that_a_terminal_obeys_is_shown() {
    let cases = "
given: { headers: { x-forwarded-user: 'a' }, catalog: { users: { a: { } } } }
cases:
  - { name: \"es\\e[31mcape\", expect: { user: 'user:default/b' } }
  - { name: b, given: { headers: { x-forwarded-user: mallory } }, expect: { user: 'user:default/b' } }
";
    for guest in ["writes_escapes", "traps"] {
        let ran = ran(guest, cases, &[]);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(ran.stdout.chars().all(|c| c == '\n' || !c.is_control()), "{ran}");
    }
}

#[test]
fn a_filter_leaves_the_cases_of_that_name() {
    let cases =
        claims("\n  - { name: one thing, expect: { user: 'user:default/alice' } }\n  - { name: another, expect: { user: 'user:default/bob' } }\n");
    let one = ran("add_token_claims", &cases, &["--filter", "thing"]);
    assert_eq!((one.code, one.stdout.contains("another")), (Some(0), false), "{one}");
    let none = ran("add_token_claims", &cases, &["--filter", "nothing of the kind"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(2), ""), "{none}");
}

#[test]
fn machines_read_json() {
    let cases = claims("\n  - { name: one, expect: { user: 'user:default/alice' } }\n  - { name: two, expect: { user: 'user:default/bob' } }\n");
    let ran = ran("add_token_claims", &cases, &["--json"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    let reports: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let [one, two] = &reports[0]["cases"].as_array().expect("cases")[..] else { panic!("{reports}") };
    assert_eq!((&reports[0]["component"], &reports[0]["file"]), (&"add_token_claims".into(), &"x.cases.yaml".into()));
    assert_eq!((&one["name"], &one["passed"], &one["differences"]), (&"one".into(), &true.into(), &serde_json::json!([])));
    let different = serde_json::json!([{ "member": "user", "expected": ["user:default/bob"], "got": ["user:default/alice"] }]);
    assert_eq!((&two["passed"], &two["differences"]), (&false.into(), &different));
}

/// Twice the same file, twice the same answer, whatever the time: the clock is the case's, and stands still.
#[test]
fn a_case_has_a_time_of_its_own() {
    let at = |clock: &str| {
        let cases =
            format!("cases: [{{ name: a, given: {{ {clock} headers: {{ x-forwarded-user: mallory }} }}, expect: {{ user: 'user:default/x' }} }}]");
        ran("reads_environment", &cases, &[]).stdout
    };
    let shown = at("");
    assert!(shown.contains("noted time=1767225600000000000, ") && shown.contains("noted passed=0, "), "{shown}");
    assert_eq!(shown, at("clock: '2026-01-01T00:00:00Z',"));
    assert!(at("clock: '2038-01-19T03:14:08Z',").contains("noted time=2147483648000000000, "));
}
