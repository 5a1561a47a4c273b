//! The frozen surroundings: a call is a function of what stands in the record.

use std::{collections::BTreeMap, sync::Arc};

use stagedoor::ports::{clock::Clock, random::Random};
use stagedoor_tests::{
    App,
    guests::{Chain, Door},
};

/// The same decision id each time.
struct Always(u8);

impl Random for Always {
    fn bytes(&self) -> [u8; 16] {
        [self.0; 16]
    }
}

/// What each of two resolvers of one sign-in noted down.
async fn notes(app: &App, seed: u8) -> [BTreeMap<String, String>; 2] {
    let door = Door::with_random(app, Arc::new(Always(seed))).await;
    let (result, record) = door.sign_in(&[("x-forwarded-user", "alice")]).await;
    assert!(result.is_err(), "nobody is known there");
    record.attempts.into_iter().map(|attempt| attempt.notes.into_iter().collect()).collect::<Vec<_>>().try_into().unwrap()
}

#[tokio::test]
async fn nothing_of_the_host_is_seen_and_time_stands_still() {
    let app = Chain::of("reads_environment").then_known("reads_environment").start().await;
    let [first, second] = notes(&app, 1).await;
    let seen = |key: &str| first[key].as_str();
    assert_eq!((seen("variables"), seen("arguments"), seen("passed")), ("0", "0", "0"));
    assert!(["", "/"].contains(&seen("directory")), "{first:?}");
    assert_eq!(seen("time"), app.clock.now().as_nanos().to_string(), "the time of the sign-in");
    assert_eq!(first, second, "one decision, one answer");
}

#[tokio::test]
async fn random_numbers_come_from_the_decision() {
    let app = Chain::of("reads_environment").then_known("reads_environment").start().await;
    let [first, _] = notes(&app, 1).await;
    let [again, _] = notes(&app, 1).await;
    let [other, _] = notes(&app, 2).await;
    assert_eq!(first, again);
    assert_ne!(first["random"], other["random"]);
    assert_ne!(first["random"], first["random again"]);
}
