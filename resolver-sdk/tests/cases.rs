//! Case files run natively as in a server: what the file says is what the context answers, and what differs is told.

use std::{fs, panic::catch_unwind, path::PathBuf};

use resolver_sdk::{
    Claims, Context, EntityRef, Error, FilterTerm, HttpRequest, Identity, Profile, UserQuery,
    testing::{FakeContext, cases, ownership_cases, profile_cases},
};

/// A file that is gone afterwards.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{}-{name}.cases.yaml", std::process::id()));
        fs::write(&path, text).unwrap();
        Self(path)
    }

    fn ctx(&self, name: &str) -> FakeContext {
        FakeContext::from_case(&self.0, name)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// What `cases` panics with.
fn failures(name: &str, text: &str, resolve: fn(&FakeContext) -> Result<Identity, Error>) -> String {
    let file = File::new(name, text);
    let panic = catch_unwind(|| cases(&file.0, resolve)).expect_err("it does not hold");
    panic.downcast_ref::<String>().unwrap().replace(&file.0.display().to_string(), "x.cases.yaml")
}

fn by_name(ctx: &FakeContext) -> Result<Identity, Error> {
    let name = ctx.required_header("x-forwarded-user", "Request did not contain a user")?;
    ctx.sign_in_with_catalog_user(UserQuery::name(name))
}

const ALICE: &str =
    "given: { headers: { x-forwarded-user: alice }, catalog: { users: { alice: { groups: [b, a] } }, groups: { c: { members: [alice] } } } }\n";

#[test]
fn what_holds_is_silent_and_what_does_not_is_told_for_all_cases() {
    let right = "cases: [{ name: a, expect: { user: 'user:default/alice', \
        ownership: ['user:default/alice', 'group:default/a', 'group:default/b', 'group:default/c'], profile: { displayName: alice }, claims: {} } }]";
    let file = File::new("right", &format!("{ALICE}{right}"));
    cases(&file.0, by_name);
    let wrong = "
cases:
  - { name: another user, expect: { user: 'user:default/bob' } }
  - { name: right, expect: { user: 'user:default/alice' } }
  - { name: an error, expect: { error: { name: NotAllowedError } } }
  - { name: another error, given: { headers: { x-forwarded-user: null } }, expect: { error: { name: Error, status: 400, message: other } } }
  - { name: nobody, given: { headers: { x-forwarded-user: zed } }, expect: { user: 'user:default/zed' } }
  - { name: not found, given: { headers: { x-forwarded-user: zed } }, expect: { error: { name: NotFoundError } } }
  - { name: only a server shows it, given: { peer: 192.0.2.1 }, expect: { error: { name: AuthenticationError, code: untrusted-peer } } }
  - { name: settings, expect: { load: refused } }
";
    let told = failures("wrong", &format!("{ALICE}{wrong}"), by_name);
    for line in [
        "5 of the 8 cases of x.cases.yaml do not hold:",
        "FAILED  another user\n        user: expected \"user:default/bob\"\n              got      \"user:default/alice\"",
        "FAILED  an error\n        expected NotAllowedError, got user:default/alice",
        "FAILED  another error\n        error.status: expected 400\n                      got      500\n        error.message: expected \"other\"",
        "FAILED  nobody\n        expected user:default/zed, got NotFoundError: User not found",
        "FAILED  settings\n        expected settings that are refused, got user:default/alice",
    ] {
        assert!(told.contains(line), "{line}\n---\n{told}");
    }
    assert!(!told.contains("FAILED  right") && !told.contains("FAILED  only"), "{told}");
}

#[test]
fn a_panic_is_the_failure_of_its_own_case() {
    let text = "
cases:
  - { name: a table that is not there, expect: { user: 'user:default/a' } }
  - { name: one that is, given: { tables: { roles: { a: [x, y], b: z } } }, expect: { error: { name: Error, message: x y z } } }
";
    let told = failures("panic", text, |ctx| {
        let found = [ctx.look_up("roles", "a"), ctx.look_up("roles", "b"), ctx.look_up("roles", "c")].concat();
        Err(Error::other(found.join(" ")))
    });
    assert!(told.starts_with("1 of the 2 cases") && told.contains("it panicked: the table roles is not configured"), "{told}");
}

#[test]
fn powers_are_granted_within_the_bounds_of_the_file() {
    let text = "
given:
  grants:
    fallback: { kinds: user, namespaces: [default, ext], names: ['z[a-z]+', y] }
    issue-self: { kinds: [user], namespaces: [default], names: ['.*'], unlessInCatalog: true }
    add-ownership: deny
    add-token-claims: { claims: groups }
    sensitive-headers: { headers: [authorization] }
    groups: grant
  headers: { authorization: Bearer x }
  catalog: { users: { alice: {} } }
cases:
  - { name: a, expect: { user: 'user:default/a' } }
";
    let file = File::new("powers", text);
    let ctx = file.ctx("a");
    let fallback = |name: EntityRef| ctx.sign_in_with_catalog_user_or_fallback(UserQuery::email("a@b"), name).is_ok();
    let allowed =
        [EntityRef::user("Zed"), EntityRef::user("y").in_namespace("EXT"), EntityRef::user("zed1"), EntityRef::user("zed").in_namespace("x")];
    assert_eq!(allowed.map(fallback), [true, true, false, false]);
    let ctx = file.ctx("a");
    let identity = ctx.sign_in_as(EntityRef::user("bob")).unwrap();
    assert!(ctx.sign_in_as(EntityRef::user("alice")).is_err(), "the catalog has her");
    assert!(ctx.add_ownership(&identity, [EntityRef::group("x")]).is_err());
    assert!(ctx.add_token_claims(&identity, &serde_json::json!({ "groups": [] })).is_ok());
    assert!(ctx.add_token_claims(&identity, &serde_json::json!({ "roles": [] })).is_err());
    assert_eq!(ctx.get_sensitive_header("authorization").unwrap().as_deref(), Some("Bearer x"));
    assert!(ctx.get_sensitive_header("cookie").is_err());
    assert!(ctx.find_groups([[FilterTerm::new("metadata.name", "x")]]).unwrap().is_empty());
}

#[test]
fn groups_have_the_relations_that_the_catalog_makes() {
    let text = "
given:
  grants: { groups: grant }
  catalog:
    users: { people/carol: { groups: [team, default/a] } }
    groups: { a: { displayName: A, parent: dept }, dept: { children: [b] }, b: {} }
    entities: [{ apiVersion: backstage.io/v1alpha1, kind: Group, metadata: { name: org }, spec: { type: org, children: [dept], members: [people/carol] } }]
cases:
  - { name: a, expect: { user: 'user:people/carol' } }
  - { name: fault, given: { catalog: { fault: { status: 503, after: 1 } } }, expect: { user: 'user:people/carol' } }
";
    let file = File::new("groups", text);
    let ctx = file.ctx("a");
    let carol = ctx.find_user(UserQuery::entity_ref(EntityRef::user("carol").in_namespace("people"))).unwrap();
    let owned: Vec<_> = carol.ownership_entity_refs().iter().map(ToString::to_string).collect();
    assert_eq!(owned, ["user:people/carol", "group:default/a", "group:default/org", "group:people/team"]);
    let above = ctx.get_ancestors([EntityRef::group("a"), EntityRef::group("b")], 5).unwrap();
    assert_eq!(
        above.iter().map(|group| group.entity_ref().to_string()).collect::<Vec<_>>(),
        ["group:default/a", "group:default/b", "group:default/dept", "group:default/org"]
    );
    let ctx = file.ctx("fault");
    assert!(ctx.find_user(UserQuery::name("alice")).unwrap_err().is_not_found());
    assert_eq!(ctx.get_ancestors([EntityRef::group("a")], 5).unwrap_err().status(), Some(503));
    assert_eq!(ctx.find_user(UserQuery::name("alice")).unwrap_err().status(), Some(503));
}

#[test]
fn tokens_verify_or_do_not() {
    let text = "
given: { grants: { verified-claims: { tokens: [access, other] }, unverified-claims: { tokens: [access] } } }
cases:
  - { name: good, given: { claims: { id: { sub: i }, access: { sub: a } } }, expect: { user: 'user:default/a' } }
  - { name: forged, given: { forged: { access: { sub: mallory } } }, expect: { user: 'user:default/a' } }
  - { name: invalid, given: { claims: { access: invalid, other: keys-unavailable } }, expect: { user: 'user:default/a' } }
  - { name: the ID token ends it, given: { claims: { id: invalid } }, expect: { error: { name: AuthenticationError, status: 401, message: The token id is not valid } } }
  - { name: or its keys, given: { claims: { id: keys-unavailable } }, expect: { error: { name: ServiceUnavailableError } } }
";
    let file = File::new("tokens", text);
    let verified = |ctx: &FakeContext, token: &str| ctx.verified_claims_json(token).map_err(|error| error.name().as_str());
    let good = file.ctx("good");
    assert_eq!((good.id_token_claims_json().unwrap(), verified(&good, "access")), (r#"{"sub":"i"}"#.into(), Ok(Some(r#"{"sub":"a"}"#.into()))));
    assert_eq!(verified(&good, "other"), Ok(None));
    assert_eq!(good.unverified_claims::<Claims>("access").unwrap().unwrap().text("sub").unwrap(), Some("a"));
    let forged = file.ctx("forged");
    assert_eq!(verified(&forged, "access"), Err("AuthenticationError"));
    assert_eq!(forged.unverified_claims_json("access").unwrap().unwrap(), r#"{"sub":"mallory"}"#);
    let invalid = file.ctx("invalid");
    assert_eq!((verified(&invalid, "access"), verified(&invalid, "other")), (Err("AuthenticationError"), Err("ServiceUnavailableError")));
    assert!(invalid.unverified_claims_json("access").is_err());
    let told = catch_unwind(|| cases(&file.0, |_| Err(Error::not_allowed("asked")))).expect_err("three cases expect a user");
    let told = told.downcast_ref::<String>().unwrap();
    assert!(told.starts_with("3 of the 5") && !told.contains("FAILED  the ID token") && !told.contains("FAILED  or its keys"), "{told}");
}

#[test]
fn others_answer_what_the_file_says() {
    let text = "
given:
  grants: { http-client: { destinations: [{ url: 'https://api.example/', methods: [GET, POST] }], credentials: [key] } }
  http:
    - { request: { url: 'https://api.example/orgs', credential: key }, response: { json: [{ login: corp }] } }
    - { request: { method: POST, url: 'https://api.example/x' }, response: { status: 404, headers: { X-A: b }, body: none } }
    - { request: { url: 'https://api.example/down' }, fault: unavailable }
cases: [{ name: a, expect: { error: { name: Error } } }]
";
    let file = File::new("http", text);
    let ctx = file.ctx("a");
    let orgs = ctx.send(HttpRequest::get("https://api.example/orgs").credential("key")).unwrap();
    assert_eq!((orgs.status, &*orgs.body), (200, &br#"[{"login":"corp"}]"#[..]));
    assert_eq!(ctx.send(HttpRequest::get("https://api.example/down")).unwrap_err().name().as_str(), "ServiceUnavailableError");
    assert_eq!(ctx.send(HttpRequest::get("https://other.example/")).unwrap_err().name().as_str(), "NotAllowedError");
    let told = failures("http-wrong", text, |ctx| {
        ctx.send(HttpRequest::get("https://api.example/orgs"))?;
        Err(Error::other("done"))
    });
    assert!(told.contains("GET https://api.example/orgs bears the credential None, expected Some(\"key\")"), "{told}");
    let told = failures("http-missing", text, |ctx| {
        let _ = ctx.send(HttpRequest::get("https://api.example/unknown"));
        Err(Error::other("done"))
    });
    assert!(told.contains("it panicked: the test gives no answer to GET https://api.example/unknown"), "{told}");
}

#[test]
fn a_file_that_makes_no_sense_is_refused() {
    for (text, why) in [
        ("cases: []", "there is no case"),
        ("cases: [{ name: a }]", "missing field `expect`"),
        ("case: []", "unknown field `case`"),
        ("cases: [{ name: a, given: { headrs: {} }, expect: { user: x } }]", "cases[\"a\"].given: unknown field `headrs`"),
        ("cases: [{ name: a, expect: { users: x } }]", "cases[\"a\"].expect: unknown field `users`"),
        ("cases: [{ name: a, expect: { load: refused, user: x } }]", "expected load: refused and nothing beside it"),
        ("cases: [{ name: a, given: { grants: { fallback: allow } }, expect: { user: x } }]", "cases[\"a\"].given: "),
        ("cases: [{ name: a, name: b, expect: { user: x } }]", "not valid YAML"),
    ] {
        let told = failures("senseless", text, by_name);
        assert!(told.contains(why), "{why}: {told}");
    }
}

#[test]
fn components_of_other_kinds_have_cases_too() {
    let text = "
as: profile
given: { headers: { x-name: Al } }
cases:
  - { name: a name, expect: { user: 'user:default/whoever', profile: { displayName: Al } } }
  - { name: none, given: { headers: { x-name: null } }, expect: { error: { name: Error, message: no name } } }
  - { name: a chain, given: { resolvers: [x] }, expect: { user: 'user:default/x', profile: {} } }
";
    let file = File::new("profile", text);
    let profile = |ctx: &FakeContext| Ok(Profile { display_name: Some(ctx.required_header("x-name", "no name")?), ..Profile::default() });
    profile_cases(&file.0, profile);
    let told = catch_unwind(|| profile_cases(&file.0, |_| Ok(Profile::default()))).expect_err("two cases expect something else");
    assert!(told.downcast_ref::<String>().unwrap().starts_with("2 of the 3 cases"));
    let told = catch_unwind(|| cases(&file.0, by_name)).expect_err("it is about a profile component");
    assert!(told.downcast_ref::<String>().unwrap().ends_with("asked as Profile, not Resolver"));

    let text = format!("as: ownership\n{ALICE}cases: [{{ name: a, expect: {{ user: 'user:default/alice', ownership: ['user:default/alice'] }} }}]");
    let file = File::new("ownership", &text);
    ownership_cases(&file.0, |_, user| Ok(vec![user.entity_ref()]));
    assert!(catch_unwind(|| ownership_cases(&file.0, |_, user| Ok(user.ownership_entity_refs()))).is_err());
}
