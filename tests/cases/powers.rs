//! What the world of a case answers to powers, and components that are no resolvers.

use crate::{ran, run::assert_shown};

#[test]
fn groups_are_those_of_the_case() {
    let cases = "
given:
  headers: { x-forwarded-user: alice, x-levels: '9' }
  grants:
    groups: grant
    add-ownership: { kinds: [group], namespaces: ['.*'], names: ['.*'] }
    add-token-claims: { claims: [groups] }
  catalog:
    users: { alice: { groups: [team-a, team-b] } }
    groups: { team-a: { displayName: Team A, parent: dept }, team-b: {}, dept: { displayName: Dept, parent: org } }
cases:
  - name: display names of one's own, and what is above them
    expect:
      user: user:default/alice
      ownership: [user:default/alice, group:default/team-a, group:default/team-b, group:default/dept, group:default/org]
      claims: { groups: [Team A] }
  - name: parents
    given: { headers: { x-levels: null, x-parents: 'yes' } }
    expect: { user: 'user:default/alice', ownership: [user:default/alice, group:default/team-a, group:default/team-b], claims: { groups: ['Dept:Team A'] } }
  - name: a catalog that fails while climbing
    given: { catalog: { fault: { status: 503, after: 1 } } }
    expect: { error: { name: ResponseError, status: 503 } }
  - name: a power that is denied
    given: { grants: { groups: deny } }
    expect: { error: { name: NotAllowedError } }
";
    let ran = ran("above", cases, &[]);
    assert_eq!(ran.code, Some(0), "{ran}");
}

#[test]
fn tables_are_those_of_the_case() {
    let cases = "
given:
  headers: { x-forwarded-user: alice, x-roles: 'viewers,x,admins' }
  grants: { add-ownership: { kinds: [group], namespaces: [default], names: ['.*'] } }
  tables: { allowed: { roles: [admins, viewers] }, map: { ad-1: developer, ad-2: [operator, developer] } }
  catalog: { users: { alice: {} } }
cases:
  - { name: in the order of the table, expect: { user: 'user:default/alice', ownership: ['user:default/alice', 'group:default/admins', 'group:default/viewers'] } }
  - name: each once
    given: { headers: { x-map: map, x-roles: 'ad-2,ad-1,ad-9' } }
    expect: { user: 'user:default/alice', ownership: ['user:default/alice', 'group:default/operator', 'group:default/developer'] }
  - { name: nothing fits, given: { headers: { x-roles: x } }, expect: { error: { name: NotAllowedError, message: You have no role in Backstage } } }
  - { name: no such table, given: { tables: { allowed: null } }, expect: { error: { name: Error, code: resolver-trapped } } }
  - { name: another user, expect: { user: 'user:default/bob' } }
";
    let ran = ran("roles", cases, &[]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert_shown!("tables", ran);
}

#[test]
fn a_profile_component_stands_in_front_of_resolvers() {
    let cases = "
as: profile
given:
  headers: { x-auth-request-email: alice@corp.example, x-auth-request-user: al }
  resolvers: [emailLocalPartMatchingUserEntityName]
  catalog: { users: { alice: { groups: [team-a] } } }
cases:
  - name: the resolver sees its profile, and so does the page
    expect:
      user: user:default/alice
      ownership: [user:default/alice, group:default/team-a]
      profile: { email: alice@corp.example, displayName: al }
  - name: without an e-mail no resolver runs
    given: { headers: { x-auth-request-email: null } }
    expect: { error: { name: Error, status: 500, message: Request did not contain an email } }
  - name: its not-found ends the sign-in
    given: { headers: { x-deed: not-found } }
    expect: { error: { name: NotFoundError } }
  - name: settings are its own
    given: { settings: { picture: 'https://corp.example/a.png' } }
    expect: { user: 'user:default/alice', profile: { email: alice@corp.example, displayName: al, picture: 'https://corp.example/a.png' } }
  - name: and are checked
    given: { settings: { picture: 7 } }
    expect: { load: refused }
";
    let ran = ran("own_profile", cases, &[]);
    assert_eq!(ran.code, Some(0), "{ran}");
}

#[test]
fn a_component_is_what_its_file_says() {
    let case = "cases: [{ name: a, given: { headers: { x-forwarded-user: a } }, expect: { user: 'user:default/a' } }]";
    for (guest, kind, why) in [
        ("own_profile", "resolver", "stagedoor.profile"),
        ("annotation", "ownership", "resolver"),
        ("annotation", "guard", "expected one of profile, resolver, ownership"),
    ] {
        let ran = ran(guest, &format!("as: {kind}\n{case}"), &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(78), ""), "{ran}");
        assert!(ran.stderr.contains(why), "{guest} as {kind}: {ran}");
    }
}

#[test]
fn a_resolver_can_stand_in_a_chain() {
    let cases = "
given: { headers: { x-forwarded-user: alice }, catalog: { users: { alice: {} } } }
cases:
  - { name: alone it knows nobody, given: { grants: { } }, expect: { error: { name: NotFoundError } } }
  - name: the next one is asked
    given: { resolvers: [{ resolver: forwardedUserMatchingUserEntityName }] }
    expect: { user: 'user:default/alice' }
  - name: an error is final
    given: { headers: { x-forwarded-user: null }, resolvers: [forwardedUserMatchingUserEntityName] }
    expect: { error: { name: Error, status: 500 } }
";
    let ran = ran("annotation", cases, &[]);
    assert_eq!(ran.code, Some(0), "{ran}");
}
