//! The catalog of a real Backstage, beside the same entities in files: whoever one finds the other finds, whatever a value holds.

use std::fs;

use stagedoor::{
    domain::query::{FilterTerm, UserQuery},
    ports::catalog::{Catalog, CatalogError},
};
use stagedoor_tests::backstage::{Backstage, BackstageKit, Plugins};
use tempfile::TempDir;

use super::*;

const TOKEN: &str = "a-token-for-stagedoor";
const NOBODY: &str = "500 Error";

/// Values that a filter would read otherwise, or hardly; the users odd-0 and following have them as an annotation.
const ODD: [&str; 13] =
    ["a b", "a+b", "Ümläut", "a=b", "=", "100%2e", "%61lice", "x&filter=kind=group", "x#y?z", "a;b|c", "\\\"'", "kind=group", "{{pluginId}}"];

/// Values that would mean somebody else, or everybody, to whoever pastes them into a filter.
pub(super) const HOSTILE: [&str; 16] = [
    "zz@x,spec.profile.email=alice@example.com",
    "zz@x,kind=user",
    "alice@example.com,metadata.name=bob",
    "zz@x&filter=kind=user",
    "zz@x%2Cspec.profile.email=alice@example.com",
    "zz@x%26filter=kind%3Duser",
    "zz@x;spec.profile.email=alice@example.com",
    "zz@x\u{ff0c}spec.profile.email=alice@example.com",
    "kind=user",
    ",",
    " alice@example.com",
    "alice@example.com ",
    "\u{feff}alice@example.com",
    "%",
    "_lice@example.com",
    "%@example.com",
];

/// The real catalog, a server that asks it, and one that reads the same files.
pub(super) struct Both {
    _backstage: Backstage,
    _directory: TempDir,
    address: std::net::SocketAddr,
    pub(super) over_http: App,
    pub(super) files: App,
}

impl Both {
    async fn start() -> Option<Self> {
        let kit = BackstageKit::prepared("the catalog over HTTP was not compared with the real one")?;
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("entities.yaml");
        fs::write(&file, [include_str!("../conformance/entities.yaml"), &odd_users()].concat()).unwrap();
        let entities = format!("catalog: {{ rules: [{{ allow: [User, Group] }}], locations: [{{ type: file, target: '{}' }}] }}\n", file.display());
        let backstage = kit.start(Plugins::All, &format!("{}{entities}", backstage_config()));
        let address = backstage.address;
        let over_http =
            App::start(&config(address, BY_NAME, &format!("token: {TOKEN}, timeout: 10 s, cache: {{ ttl: 0 }}"), "limits: { timeout: 20 s }")).await;
        let files =
            App::start(&format!("auth: {{ providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ resolver: {BY_EMAIL} }}] }} }} }} }}\n{entities}"))
                .await;
        let both = Self { _backstage: backstage, _directory: directory, address, over_http, files };
        both.wait_for_the_last_user().await;
        Some(both)
    }

    /// The catalog reads its files after it says that it is ready.
    async fn wait_for_the_last_user(&self) {
        for _ in 0..600 {
            let last = by_annotation("example.com/odd", ODD[ODD.len() - 1]);
            let member = UserQuery::entity_ref("user", "default", "manygroups").unwrap();
            let known = self.over_http.wired.catalog.find_user(&member).await.ok().flatten();
            let is_whole = known.is_some_and(|user| user.ownership_entity_refs.len() > 20);
            if is_whole && matches!(self.over_http.wired.catalog.find_user(&last).await, Ok(Some(_))) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the catalog did not take its entities");
    }

    async fn over_http(&self, query: &UserQuery) -> String {
        found_by(&self.over_http, query).await
    }

    async fn in_files(&self, query: &UserQuery) -> String {
        found_by(&self.files, query).await
    }
}

fn backstage_config() -> String {
    format!(
        "app: {{ title: x, baseUrl: 'http://localhost:3000' }}\norganization: {{ name: x }}\n\
         backend:\n  baseUrl: http://127.0.0.1:{{port}}\n  database: {{ client: better-sqlite3, connection: ':memory:' }}\n  \
         auth: {{ externalAccess: [{{ type: static, options: {{ token: {TOKEN}, subject: stagedoor }}, accessRestrictions: [{{ plugin: catalog }}] }}] }}\n\
         auth: {{ environment: development, providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ resolver: {BY_NAME} }}] }} }} }} }}\n"
    )
}

fn odd_users() -> String {
    let odd = ODD.iter().enumerate().map(|(nth, value)| {
        let entity = json!({
            "apiVersion": "backstage.io/v1alpha1", "kind": "User",
            "metadata": { "name": format!("odd-{nth}"), "annotations": { "example.com/odd": value, "example.com/comma": "a,b" } },
            "spec": { "profile": { "email": format!("Odd+{nth}@Example.com") }, "memberOf": [] },
        });
        format!("---\n{entity}\n")
    });
    odd.collect()
}

/// Whom a query finds, with everything that a sign-in takes from it.
async fn found_by(app: &App, query: &UserQuery) -> String {
    match app.wired.catalog.find_user(query).await {
        Ok(Some(user)) => format!("{} {:?} {:?}", user.entity_ref, user.profile, user.ownership_entity_refs),
        Ok(None) => "nobody".into(),
        Err(error) => error.to_string(),
    }
}

fn by_annotation(key: &str, value: &str) -> UserQuery {
    UserQuery::annotations(vec![(key.into(), value.into())]).unwrap()
}

fn filter(key: &str, values: &[&str]) -> UserQuery {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    UserQuery::filter(vec![vec![FilterTerm { key: key.into(), values }]]).unwrap()
}

fn by_ref(namespace: &str, name: &str) -> UserQuery {
    UserQuery::entity_ref("user", namespace, name).unwrap()
}

/// What both must agree on.
fn queries() -> Vec<UserQuery> {
    let mut queries = vec![
        by_ref("default", "alice"),
        by_ref("Default", "ALICE"),
        by_ref("default", "carol.upper"),
        by_ref("other", "dave"),
        by_ref("default", "dave"),
        by_ref("default", "manygroups"),
        by_ref("default", "nobody"),
        by_ref("default", "a b@c"),
        filter("spec.profile.email", &["alice@example.com"]),
        filter("SPEC.Profile.Email", &["ALICE@EXAMPLE.COM"]),
        filter("spec.profile.email", &["carol.upper@example.com"]),
        filter("spec.profile.email", &["odd+3@example.com"]),
        filter("spec.profile.email", &["odd 3@example.com"]),
        filter("spec.profile.email", &["twin@example.com"]),
        filter("spec.profile.email", &["nobody@example.com", "bob@example.com"]),
        filter("spec.memberOf", &["no-such-group"]),
        filter("relations.memberof", &["group:default/no-such-group"]),
        filter("spec.memberOf.no-such-group", &["true"]),
        filter("metadata.name", &["alice", "bob"]),
        filter("no.such.key", &["x"]),
        by_annotation("example.com/login", "alice-login"),
        by_annotation("example.com/login", "ALICE-LOGIN"),
        by_annotation("example.com/login", "Erin-Login"),
        by_annotation("example.com/login", "erin-login"),
        by_annotation("example.com/Mixed", "MiXeD"),
        by_annotation("example.com/mixed", "MiXeD"),
        by_annotation("example.com/login", "twin-login"),
        by_annotation("example.com/comma", "a"),
        by_annotation("example.com/comma", "b"),
    ];
    queries.extend(ODD.map(|value| by_annotation("example.com/odd", value)));
    queries.extend(HOSTILE.map(|value| filter("spec.profile.email", &[value])));
    queries.extend(HOSTILE.map(|value| by_annotation("example.com/login", value)));
    queries.extend(HOSTILE.map(|value| filter(value, &["user"])));
    queries.extend(HOSTILE.map(|value| filter("spec.profile.email", &[value, "bob@example.com"])));
    queries
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_catalog_finds_whom_files_find_and_no_value_widens_a_query() {
    let Some(both) = Both::start().await else { return };
    let queries = queries();
    for query in &queries {
        assert_eq!(both.over_http(query).await, both.in_files(query).await, "{query:?}");
    }
    println!("{} queries: the real catalog over HTTP answers as the same entities in files", queries.len());
    for (nth, value) in ODD.iter().enumerate() {
        let found = both.over_http(&by_annotation("example.com/odd", value)).await;
        assert!(found.starts_with(&format!("user:default/odd-{nth} ")), "{value}: {found}");
    }
    for value in HOSTILE {
        assert_eq!(both.over_http(&filter("spec.profile.email", &[value])).await, "nobody", "{value}");
    }
    // What a filter cannot say is nobody's here, though files can be asked for it.
    let comma = by_annotation("example.com/comma", "a,b");
    assert_eq!((both.over_http(&comma).await, both.in_files(&comma).await), ("nobody".into(), CatalogError::Conflict.to_string()));
    groups::are_those_of_the_files(&both).await;
    sign_ins(&both).await;
    refusals(&both).await;
    as_backstage_itself_would(&both).await;
}

async fn sign_ins(both: &Both) {
    let app = &both.over_http;
    assert_eq!(sign_in(app, "alice").await, "200 user:default/alice");
    assert_eq!(sign_in(app, "Carol.Upper").await, "200 user:default/carol.upper");
    for name in ["nobody", "..", "alice/../bob", "alice?x", "alice%2f", "%61lice", "other/dave", "alice,bob"] {
        assert_eq!(sign_in(app, name).await, "500 Error", "{name}");
    }
    let by_email = App::start(&config(both.address, BY_EMAIL, &format!("token: {TOKEN}, timeout: 10 s"), "limits: { timeout: 20 s }")).await;
    assert_eq!(sign_in_by_email(&by_email, "ALICE@example.com").await, "200 user:default/alice");
    assert_eq!(sign_in_by_email(&by_email, "twin@example.com").await, "409 ConflictError");
    for email in HOSTILE.iter().filter(|email| !email.starts_with(' ') && !email.ends_with(' ')) {
        assert_eq!(sign_in_by_email(&by_email, email).await, NOBODY, "{email}");
    }
}

/// Without a token that it knows, the catalog refuses us, and says so itself: here its plugin auth is another one, so that it does not find our key.
async fn refusals(both: &Both) {
    for (token, says) in [("", "Failed plugin token verification"), ("token: a-wrong-token,", "Illegal token")] {
        let app = App::start(&config(both.address, BY_NAME, &format!("{token} timeout: 10 s"), "limits: { timeout: 20 s }")).await;
        let answer = app.refresh(&[("x-forwarded-user", "alice")]).await;
        assert_eq!(shown(&answer), "401 ResponseError");
        assert_eq!(answer.json()["error"]["cause"], json!({ "name": "AuthenticationError", "message": says }));
    }
}

/// Backstage's own auth backend, over the same catalog, signs the same people in with the same ownership.
async fn as_backstage_itself_would(both: &Both) {
    for name in ["alice", "Carol.Upper", "manygroups", "ghostmember", "orgmember", "erin"] {
        let ours = both.over_http.refresh(&[("x-forwarded-user", name)]).await.json();
        let theirs = refresh_of(both.address, name);
        assert_eq!(ours["backstageIdentity"]["identity"], theirs["backstageIdentity"]["identity"], "{name}");
        assert!(ours["backstageIdentity"]["identity"].is_object(), "{name}");
    }
}

fn refresh_of(address: std::net::SocketAddr, name: &str) -> Value {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET /api/auth/oauth2Proxy/refresh HTTP/1.0\r\nhost: x\r\nx-forwarded-user: {name}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}
