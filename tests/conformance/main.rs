//! The answers of the real Backstage, recorded and live, compared with ours: the real server, over TCP, byte for byte the same requests.
//!
//! README.md says where cases and answers come from. [`lists`] holds every exception.

mod cases;
mod config;
mod cookie;
mod faulty;
mod judge;
mod lists;
mod members;
mod normalise;
mod own;
mod panics;
mod server;
mod tokens;
mod transport;
mod wire;

use std::{
    env,
    net::SocketAddr,
    time::{Duration, Instant},
};

use cases::{Suite, suites};
use config::config;
use judge::Judge;
use normalise::{Kids, Seen};
use server::Server;
use stagedoor_tests::backstage::{BackstageKit, Plugins};
use wire::exchange;

const REFRESH: &str = "/api/auth/oauth2Proxy/refresh";
/// Backstage's catalog goes on working out relations for a moment after it is ready.
const SETTLE: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_case_is_answered_as_backstage_did_but_for_the_listed_ones() {
    let mut judge = Judge::new();
    for suite in suites() {
        judge.compare(&suite, suite.golden(), answers_of_stagedoor(&suite).await);
    }
    judge.finish("recorded answers");
}

/// With `RECORD=1`, Backstage's answers become the recorded ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_is_answered_as_the_real_backstage_does_beside_us_but_for_the_listed_ones() {
    let record = env::var_os("RECORD").is_some_and(|value| value == "1");
    let only = env::var("SUITE").ok();
    let Some(kit) = BackstageKit::prepared("the comparison with the running Backstage") else { return };
    let mut judge = Judge::new();
    for suite in suites().iter().filter(|suite| only.as_ref().is_none_or(|only| *only == suite.name)) {
        let backstage = tokio::task::block_in_place(|| kit.start(suite.plugins(), &config(&suite.name, &suite.changes)));
        if matches!(suite.plugins(), Plugins::All) {
            catalog_is_stitched(backstage.address).await;
        }
        let answers = answers(suite, backstage.address).await;
        drop(backstage);
        if record {
            suite.record(&answers);
        }
        judge.compare(suite, answers, answers_of_stagedoor(suite).await);
    }
    if only.is_none() {
        judge.finish("the running Backstage");
    }
}

async fn answers_of_stagedoor(suite: &Suite) -> Vec<Seen> {
    let server = Server::start(|address| config(&suite.name, &suite.changes).replace("{port}", &address.port().to_string())).await;
    let catalog = &server.app.wired.catalog;
    assert!(catalog.files().is_none() || catalog.users() > 10, "the catalog of the reference is there");
    // Backstage has asked its catalog for users by then, which takes a service token; where ours reads files, the token is asked for here.
    server.app.wired.service_tokens.token("catalog").await.expect("a service token");
    answers(suite, server.address).await
}

/// The answers to the cases of a suite, in their order.
async fn answers(suite: &Suite, address: SocketAddr) -> Vec<Seen> {
    let values = tokens::values(address).await;
    let (mut kids, mut answers) = (Kids::default(), Vec::new());
    for case in &suite.cases {
        let answer = exchange(address, &case.bytes(&values)).await.unwrap_or_else(|error| panic!("{}: {error}", case.id));
        answers.push(Seen::answered(&answer, &mut kids));
    }
    answers
}

/// Returns once alice is there with all of what she owns, and a moment later.
async fn catalog_is_stitched(address: SocketAddr) {
    let started = Instant::now();
    while tokens::ownership(address, "alice").await != Some(3) {
        assert!(started.elapsed() < Duration::from_mins(1), "the catalog of Backstage holds alice");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(SETTLE).await;
}
