//! What others answer in a case: within the bounds, and nothing that the file does not say.

use crate::{ran, run::assert_shown};

#[test]
fn answers_are_those_of_the_case_and_what_it_does_not_answer_fails_it() {
    let cases = "
given:
  headers: { x-forwarded-user: alice, x-url: 'https://api.example.com/orgs' }
  grants: { http-client: { destinations: [{ url: 'https://api.example.com/', methods: [GET, POST] }], credentials: [key] } }
  catalog: { users: { alice: {} } }
  http:
    - { request: { url: 'https://api.example.com/orgs' }, response: { json: [{ login: corp }] } }
    - { request: { method: POST, url: 'https://api.example.com/orgs' }, response: { status: 404, headers: { X-A: b }, body: none } }
    - { request: { url: 'https://api.example.com/down' }, fault: unavailable }
    - { request: { url: 'https://api.example.com/secret', credential: key }, response: { body: told } }
cases:
  - name: data
    expect: { user: 'user:default/alice', profile: { displayName: '200 [content-type: application/json] 18 bytes: [{\"login\":\"corp\"}]' } }
  - name: as often as it is asked for
    given: { headers: { x-times: '3' } }
    expect: { user: 'user:default/alice' }
  - name: text with another status
    given: { headers: { x-method: POST } }
    expect: { user: 'user:default/alice', profile: { displayName: '404 [x-a: b] 4 bytes: none' } }
  - name: nobody answers
    given: { headers: { x-url: 'https://api.example.com/down' } }
    expect: { error: { name: ServiceUnavailableError, status: 503 } }
  - name: a credential
    given: { headers: { x-url: 'https://api.example.com/secret', x-credential: key } }
    expect: { user: 'user:default/alice' }
  - name: not without it
    given: { headers: { x-url: 'https://api.example.com/secret' } }
    expect: { error: { name: ServiceUnavailableError } }
  - name: a credential that is not granted
    given: { headers: { x-url: 'https://api.example.com/secret', x-credential: other } }
    expect: { error: { name: NotAllowedError } }
  - name: a place that is not granted, though somebody would answer there
    given:
      headers: { x-url: 'https://evil.example/' }
      http: [{ request: { url: 'https://evil.example/' }, response: {} }]
    expect: { error: { name: NotAllowedError } }
  - name: a request that the file does not answer
    given: { headers: { x-url: 'https://api.example.com/unknown' } }
    expect: { error: { name: ServiceUnavailableError } }
  - name: and whose failure is swallowed
    given: { headers: { x-url: 'https://api.example.com/unknown', x-swallow: 'yes' } }
    expect: { user: 'user:default/alice' }
";
    let ran = ran("http_client", cases, &[]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert_shown!("http", ran);
}
