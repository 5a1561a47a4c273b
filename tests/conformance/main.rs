//! The recorded answers of the real Backstage, compared with ours: the real server, over TCP, byte for byte the same requests.
//!
//! README.md says where cases and answers come from. [`lists`] holds every exception.

mod cases;
mod faulty;
mod lists;
mod normalise;
mod own;
mod panics;
mod server;
mod tokens;
mod wire;

use std::{collections::BTreeMap, fmt::Write, net::SocketAddr};

use cases::{Case, Suite, suites};
use lists::{ADDED_HEADERS, Difference, LATER, Later, deliberate, is_shown};
use normalise::{Kids, ORIGIN, Seen};
use server::Server;
use wire::exchange;

const REFRESH: &str = "/api/auth/oauth2Proxy/refresh";

/// The reference's app-config, with the resolver of a suite.
fn config(suite: &str) -> String {
    let resolver = match suite {
        "base" | "claims" | "faulty" => "resolver: forwardedUserMatchingUserEntityName",
        "username" => "resolver: forwardedPreferredUsernameMatchingUserEntityName",
        "email" => "resolver: emailMatchingUserEntityProfileEmail",
        "localpart" => "resolver: emailLocalPartMatchingUserEntityName, allowedDomains: [ example.com ]",
        "dangerous" => "resolver: forwardedUserMatchingUserEntityName, dangerouslyAllowSignInWithoutUserInCatalog: true",
        other => panic!("no configuration for suite {other}"),
    };
    let tokens = match suite {
        "claims" => "omitIdentityTokenOwnershipClaim: false\n  identityTokenAlgorithm: RS256\n  backstageTokenExpiration: { minutes: 15 }\n  ",
        _ => "",
    };
    let catalog = if suite == "faulty" { faulty::config() } else { String::new() };
    let entities = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/entities.yaml");
    format!(
        "app: {{ title: ref, baseUrl: http://localhost:3000 }}\n\
         organization: {{ name: ref }}\n\
         backend:\n  baseUrl: {ORIGIN}\n  listen: {{ host: 127.0.0.1, port: 7007 }}\n  cors: {{ origin: http://localhost:3000, credentials: true }}\n\
         auth:\n  environment: development\n  {tokens}providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ {resolver} }}] }} }} }}\n\
         catalog:\n  rules: [{{ allow: [User, Group] }}]\n  locations: [{{ type: file, target: {entities:?} }}]\n{catalog}"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_case_is_answered_as_backstage_did_but_for_the_listed_ones() {
    let mut outcome = Outcome { deliberate: deliberate(), ..Outcome::default() };
    for suite in suites() {
        let server = Server::start(|_| config(suite.name)).await;
        assert!(suite.name == "faulty" || server.app.wired.catalog.users() > 10, "the catalog of the reference is there");
        // The recorded server had asked its catalog for users by then, which takes a service token; ours reads files, so the token is asked for here.
        server.app.wired.service_tokens.token("catalog").await.expect("a service token");
        outcome.replay(&suite, server.address).await;
    }
    outcome.finish();
}

/// What came of it.
#[derive(Default)]
struct Outcome {
    deliberate: BTreeMap<String, Difference>,
    compared: usize,
    equal: usize,
    differ: usize,
    later: Vec<&'static str>,
    problems: String,
}

impl Outcome {
    async fn replay(&mut self, suite: &Suite, address: SocketAddr) {
        let mut kids = Kids::default();
        let tokens = tokens_of_alice(address).await;
        for case in &suite.cases {
            let answer = exchange(address, &case.bytes(&tokens)).await.unwrap_or_else(|error| panic!("{}: {error}", case.id));
            self.judge(case, Seen::answered(&answer, &mut kids));
        }
    }

    fn judge(&mut self, case: &Case, mut ours: Seen) {
        self.compared += 1;
        if ours.headers.contains_key("stagedoor-decision") {
            ours.headers.retain(|name, _| !ADDED_HEADERS.contains(&name.as_str()));
        }
        let mut golden = case.golden.clone();
        let equal = ours == golden;
        if let Some((id, later, _)) = LATER.iter().find(|(id, ..)| *id == case.id) {
            self.later.push(id);
            if *later == Later::Headers {
                (golden.headers, ours.headers) = (BTreeMap::new(), BTreeMap::new());
            }
            let as_listed = !equal && (*later == Later::Answer || ours == golden);
            return self.note(as_listed, &case.id, "is listed as coming later", &golden, &ours);
        }
        if let Some(shown) = self.deliberate.remove(&case.id) {
            self.differ += 1;
            let as_listed = !equal && is_shown(&golden.summary(), &shown.backstage) && is_shown(&ours.summary(), &shown.stagedoor);
            return self.note(as_listed, &case.id, "does not differ in the way that docs/differences.md says", &golden, &ours);
        }
        self.equal += usize::from(equal);
        self.note(equal, &case.id, "differs", &golden, &ours);
    }

    fn note(&mut self, fine: bool, id: &str, what: &str, golden: &Seen, ours: &Seen) {
        if !fine {
            let _ = writeln!(self.problems, "{id} {what}\n  Backstage: {} {golden:?}\n  stagedoor: {} {ours:?}", golden.summary(), ours.summary());
        }
    }

    fn finish(self) {
        let Self { deliberate, compared, equal, differ, later, problems } = self;
        println!("{compared} recorded cases: {equal} equal, {differ} deliberately different, {} later", later.len());
        assert!(problems.is_empty(), "{problems}");
        assert_eq!(later.len(), LATER.len(), "each case that is listed as coming later is a recorded one");
        assert!(deliberate.is_empty(), "docs/differences.md lists cases that are none: {:?}", deliberate.keys());
    }
}

/// Tokens for the suites that need one. Where these headers do not sign in, no case asks for a token.
async fn tokens_of_alice(address: SocketAddr) -> BTreeMap<&'static str, String> {
    let headers = "x-forwarded-user: alice\r\nx-forwarded-email: alice@example.com\r\nx-forwarded-preferred-username: alice\r\n";
    let request = format!("GET {REFRESH} HTTP/1.1\r\nhost: x\r\n{headers}connection: close\r\n\r\n");
    let answer = exchange(address, request.as_bytes()).await.expect("an answer");
    let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    tokens::derived(body["backstageIdentity"]["token"].as_str().expect("alice signs in"))
}
