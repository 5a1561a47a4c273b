//! A whole installation: two replicas behind a balancer and on one PostgreSQL, and the real catalog, which finds auth through `discovery.endpoints`.
//!
//! Whatever the catalog and a plugin of nothing but Backstage's services are shown, they take: tokens of either replica, of before and after a
//! rotation, whole and limited, in a header and in a cookie, and the service token by which auth asks the catalog.

use std::{collections::BTreeSet, net::SocketAddr, path::Path, process::Command, time::Duration};

use stagedoor_tests::{
    backstage::{BackstageKit, Plugins, free_port},
    balancer::Balancer,
    postgres::Postgres,
};

use crate::server::Server;

const SKIPPED: &str = "the real catalog did NOT check tokens of two replicas";

/// How many checks `check-catalog.mjs` makes.
const CHECKS: usize = 15;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_catalog_accepts_tokens_of_two_replicas_across_a_rotation() {
    let Some(kit) = BackstageKit::prepared(SKIPPED) else { return };
    let Some(postgres) = Postgres::start(SKIPPED) else { return };
    let via = free_port();
    let replicas = [Server::start(|address| replica(address, via, &postgres)).await, Server::start(|address| replica(address, via, &postgres)).await];
    let balancer = Balancer::start(replicas.iter().map(|replica| replica.address).collect()).await;
    let auth = balancer.address;
    let catalog = tokio::task::spawn_blocking(move || kit.start(Plugins::Catalog, &catalog(auth))).await.expect("a catalog");
    let installation = Installation { catalog: catalog.address, via };

    // The first sign-in makes a key. It signs for an hour, and the next one is published ten minutes ahead; tokens of minute 55 live on when that signs.
    let mut runs = replicas.len();
    let mut tokens = Vec::new();
    for replica in &replicas {
        installation.check(replica.address, None).await;
    }
    for minutes in [55, 10] {
        for replica in &replicas {
            replica.app.clock.advance(Duration::from_mins(minutes));
        }
        // The service token of a run is that of whichever replica signs in.
        for replica in &replicas {
            tokens.push(installation.check(replica.address, None).await);
        }
        for token in &tokens {
            installation.check(auth, Some(token)).await;
        }
        runs += replicas.len() + tokens.len();
    }
    let keys: BTreeSet<_> = tokens.iter().map(|token| token.split('.').next()).collect();
    assert_eq!(keys.len(), 4, "two replicas and a rotation: four keys");
    println!("the real catalog and a plugin: {runs} times {CHECKS} checks passed, with tokens of 2 replicas and 4 keys");
}

fn replica(address: SocketAddr, catalog: u16, postgres: &Postgres) -> String {
    let database = postgres.url("postgres");
    format!(
        "backend:\n  baseUrl: http://{address}\n  database: {{ client: pg, connection: '{database}' }}\n\
         discovery: {{ endpoints: [{{ target: 'http://127.0.0.1:{catalog}/api/{{{{pluginId}}}}', plugins: [catalog] }}] }}\n\
         auth: {{ providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ resolver: forwardedUserMatchingUserEntityName }}] }} }} }} }}\n\
         stagedoor: {{ catalog: {{ source: backstage, cache: {{ ttl: 0 }} }} }}\n"
    )
}

fn catalog(auth: SocketAddr) -> String {
    let entities = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/entities.yaml");
    format!(
        "app: {{ title: t, baseUrl: http://localhost:3000 }}\n\
         backend: {{ baseUrl: 'http://127.0.0.1:{{port}}', database: {{ client: better-sqlite3, connection: ':memory:' }} }}\n\
         discovery: {{ endpoints: [{{ target: 'http://{auth}/api/{{{{pluginId}}}}', plugins: [auth] }}] }}\n\
         catalog: {{ rules: [{{ allow: [User, Group] }}], locations: [{{ type: file, target: {entities:?} }}] }}\n"
    )
}

/// Where the catalog is, and where auth looks for it.
struct Installation {
    catalog: SocketAddr,
    via: u16,
}

impl Installation {
    /// Runs the checks with this token, or with that of a new sign-in, which it gives.
    async fn check(&self, auth: SocketAddr, token: Option<&str>) -> String {
        let mut node = Command::new("node");
        node.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("verifiers/check-catalog.mjs"));
        node.args([format!("http://{auth}/api/auth"), format!("http://{}/api/catalog", self.catalog), "alice".to_owned()]);
        node.env("VIA", self.via.to_string()).envs(token.map(|token| ("TOKEN", token)));
        let output = tokio::task::spawn_blocking(move || node.output()).await.expect("a thread").expect("node");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let passed = text.lines().filter(|line| line.starts_with("ok ")).count();
        assert!(output.status.success() && passed == CHECKS, "{text}{}", String::from_utf8_lossy(&output.stderr));
        text.lines().find_map(|line| line.strip_prefix("token ")).expect("the token that was signed in with").to_owned()
    }
}
