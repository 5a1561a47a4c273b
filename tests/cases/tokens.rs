//! Tokens of a case: verified, forged, or not to be verified now.

use crate::ran;

fn cases(power: &str) -> String {
    format!(
        "
given:
  headers: {{ x-forwarded-user: alice, x-token: access }}
  grants: {{ {power}: {{ tokens: [access] }} }}
  claims: {{ access: {{ sub: a-1 }} }}
  catalog: {{ users: {{ alice: {{}} }} }}
cases:
"
    )
}

const ALICE: &str = "expect: { user: 'user:default/alice', profile: { displayName: '{\"sub\":\"a-1\"}' } }";
const NOBODY: &str = "expect: { user: 'user:default/alice', profile: {} }";

#[test]
fn claims_that_are_verified_are_those_of_the_case() {
    let more = format!(
        "
  - {{ name: it says so, {ALICE} }}
  - {{ name: none in the request, given: {{ claims: {{ access: null }} }}, {NOBODY} }}
  - {{ name: invalid, given: {{ claims: {{ access: invalid }} }}, expect: {{ error: {{ name: AuthenticationError, status: 401, message: The token access is not valid }} }} }}
  - {{ name: forged, given: {{ claims: null, forged: {{ access: {{ sub: a-1 }} }} }}, expect: {{ error: {{ name: AuthenticationError }} }} }}
  - {{ name: no keys, given: {{ claims: {{ access: keys-unavailable }} }}, expect: {{ error: {{ name: ServiceUnavailableError, status: 503 }} }} }}
  - {{ name: another token, given: {{ headers: {{ x-token: other }} }}, expect: {{ error: {{ name: NotAllowedError }} }} }}
"
    );
    let verified = ran("verified_claims", &(cases("verified-claims") + &more), &[]);
    assert_eq!(verified.code, Some(0), "{verified}");
}

#[test]
fn who_does_not_check_reads_forged_claims_too() {
    let more = format!(
        "
  - {{ name: it says so, {ALICE} }}
  - {{ name: forged, given: {{ claims: null, forged: {{ access: {{ sub: a-1 }} }} }}, {ALICE} }}
  - {{ name: no token in form, given: {{ claims: {{ access: invalid }} }}, expect: {{ error: {{ name: AuthenticationError }} }} }}
"
    );
    let unverified = ran("unverified_claims", &(cases("unverified-claims") + &more), &[]);
    assert_eq!(unverified.code, Some(0), "{unverified}");
}

#[test]
fn an_id_token_that_does_not_verify_ends_the_sign_in() {
    let cases = format!(
        "
given: {{ headers: {{ x-forwarded-user: alice }}, claims: {{ id: {{ sub: a-1 }} }}, catalog: {{ users: {{ alice: {{ annotations: {{ a/id: a-1 }} }} }} }} }}
cases:
  - {{ name: it says so, {ALICE} }}
  - {{ name: by its subject, given: {{ headers: {{ x-by-subject: a/id, x-forwarded-user: null }} }}, {ALICE} }}
  - {{ name: none in the request, given: {{ claims: {{ id: null }} }}, {NOBODY} }}
  - {{ name: invalid, given: {{ claims: {{ id: invalid }} }}, expect: {{ error: {{ name: AuthenticationError, status: 401, message: The token id is not valid }} }} }}
  - {{ name: forged, given: {{ claims: null, forged: {{ id: {{ sub: a-1 }} }} }}, expect: {{ error: {{ name: AuthenticationError }} }} }}
  - {{ name: no keys, given: {{ claims: {{ id: keys-unavailable }} }}, expect: {{ error: {{ name: ServiceUnavailableError }} }} }}
"
    );
    let ran = ran("id_token_claims", &cases, &[]);
    assert_eq!(ran.code, Some(0), "{ran}");
}
