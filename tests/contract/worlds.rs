//! Each kind of component has its world and its place: what stands in another's is refused at load, and the line says where it belongs.

use serde_json::json;
use stagedoor_tests::guests::{self, Chain};

const BY_NAME: &str = "forwardedUserMatchingUserEntityName";

/// Why the only fault of the configuration is one.
async fn refusal(chain: Chain) -> String {
    let text = chain.refusal().await.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    text.split_once("app-config.yaml: ").expect("it names the file").1.to_owned() + "\n"
}

fn beside(key: &str, guest: &str) -> Chain {
    Chain::default().then_known(BY_NAME).asks(key, guest, json!({}))
}

#[tokio::test]
async fn each_kind_is_told_where_it_belongs() {
    let mut text = String::new();
    for chain in [
        beside("profile", "annotation"),
        beside("ownership", "annotation"),
        beside("profile", "owns"),
        beside("ownership", "own_profile"),
        Chain::of("own_profile"),
        Chain::of("owns"),
        beside("profile", "wrong_world"),
        Chain::default().then_known(BY_NAME).asks_known("profile", BY_NAME, json!({})),
        Chain::default().then_known(BY_NAME).asks_known("profile", "nobodyWroteThis", json!({})),
        Chain::default().then_known(BY_NAME).asks_known("ownership", "nobodyWroteThis", json!({})),
        Chain::default().then_known("nestedGroups"),
    ] {
        text += &refusal(chain).await;
    }
    insta::assert_snapshot!(text);
}

/// The operator's grant would make no difference: there is nothing in its world that it could be a decision about.
#[tokio::test]
async fn what_there_is_not_in_a_world_cannot_be_granted() {
    let mut text = String::new();
    text += &refusal(beside("profile", "looking_profile")).await;
    text += &refusal(beside("ownership", "nosy_ownership")).await;
    insta::assert_snapshot!(text);
}

/// The banner, `check` and status list them in the order in which they are asked.
#[tokio::test]
async fn all_of_them_are_listed() {
    let chain = beside("profile", "own_profile").asks("ownership", "owns", json!({})).then("annotation");
    let app = chain.start().await;
    let staged = app.wired.stage().await.unwrap();
    let listed: Vec<_> = staged.all().map(|about| (about.kind.word(), about.name.as_str(), about.powers.len())).collect();
    assert_eq!(listed, [("profile", "own_profile", 0), ("resolver", BY_NAME, 1), ("resolver", "annotation", 0), ("ownership", "owns", 0)]);
    assert_eq!(staged.profile.as_ref().unwrap().about.headers, ["x-auth-request-email", "x-auth-request-user"]);
    let summary = stagedoor::serve::summary(&app.wired, &staged);
    let labels: Vec<_> = summary.lines().take(4).map(|line| line.get(2..13).unwrap_or_default().trim()).collect();
    assert_eq!(labels, ["profile", "resolvers", "", "ownership"], "{summary}");
}

#[test]
fn what_the_sdk_makes_of_them_is_small() {
    for (guest, limit) in [("looking_profile", 60_000), ("nosy_ownership", 60_000), ("own_profile", 120_000), ("owns", 140_000)] {
        let size = std::fs::metadata(guests::path(guest)).unwrap().len();
        assert!(size <= limit, "{guest} has {size} bytes");
    }
}
