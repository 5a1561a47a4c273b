//! What the world of a case answers to powers: groups and tables.

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
