//! Verifiers that are not ours accept what we sign: jose, the library of Backstage's backends in their version of it, over HTTP and across a rotation.
//!
//! And the real catalog accepts them, from two replicas on one database: [`installation`].
//!
//! Needs node and npm, and PostgreSQL. Where they are missing the test says so loudly; with `STAGEDOOR_REQUIRE_ALL=1` it fails instead.

#[path = "../conformance/server.rs"]
mod server;

mod installation;
mod node;

use std::time::Duration;

use node::Verifier;
use server::Server;

fn config(address: std::net::SocketAddr) -> String {
    let catalog = concat!(env!("CARGO_MANIFEST_DIR"), "/captures/catalog.yaml");
    format!(
        "backend: {{ baseUrl: 'http://{address}' }}\n\
         auth: {{ providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{{ resolver: forwardedUserMatchingUserEntityName }}] }} }} }} }}\n\
         catalog: {{ locations: [{{ type: file, target: {catalog:?} }}] }}\n"
    )
}

async fn signed_in(server: &Server) -> String {
    server.app.refresh(&[("x-forwarded-user", "jane")]).await.token().expect("jane signs in")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jose_verifies_whole_and_limited_tokens_before_and_after_a_rotation() {
    let Some(program) = node::prepared() else { return };
    let server = Server::start(config).await;
    let mut verifier = Verifier::start(&program, &format!("http://{}/api/auth/.well-known/jwks.json", server.address));

    let before = signed_in(&server).await;
    let first = verifier.verify(&before);
    assert_good(&first);

    // The key signs for as long as a token lives; after that the next one does.
    server.app.clock.advance(Duration::from_hours(1));
    let after = signed_in(&server).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let second = verifier.verify(&after);
    assert_good(&second);
    assert_ne!(first["user"]["kid"], second["user"]["kid"], "another key signs");

    let again = verifier.verify(&before);
    assert_good(&again);
    assert_eq!(again["user"]["kid"], first["user"]["kid"], "tokens of the old key are accepted as long as they live");
    println!("jose verified {} tokens and as many limited ones, signed by 2 keys, and refused every changed one", verifier.verified());
}

fn assert_good(answer: &serde_json::Value) {
    for form in ["user", "limited"] {
        assert_eq!((&answer[form]["sub"], &answer[form]["alg"]), (&"user:default/jane".into(), &"ES256".into()), "{answer}");
    }
    let refusals = answer["refused"].as_object().expect("what was tried");
    assert_eq!(refusals.len(), 5);
    assert!(refusals.values().all(|code| code.as_str().is_some_and(|code| code.starts_with("ERR_JW"))), "{answer}");
}
