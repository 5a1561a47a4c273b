//! The errors that a resolver returns: Backstage's names bring the status, the cause stays inside.

use stagedoor_tests::guests::{Chain, Door};

use super::refused;

const CHAIN_EXHAUSTED: &str = "Failed to sign-in, unable to resolve user identity. Please verify that your catalog contains the expected User \
                               entities that would match your configured sign-in resolver.";

#[tokio::test]
async fn each_name_has_its_status() {
    let app = Chain::of("returns_error").start().await;
    for (name, status) in [
        ("InputError", 400),
        ("AuthenticationError", 401),
        ("NotAllowedError", 403),
        ("ConflictError", 409),
        ("NotImplementedError", 501),
        ("ServiceUnavailableError", 503),
        ("Error", 500),
    ] {
        let answer = app.refresh(&[("x-error", name)]).await;
        assert_eq!(refused(&answer), (status, name.into(), "The message".into()));
        assert!(!answer.text.contains("secret") && answer.json()["error"].get("code").is_none(), "{}", answer.text);
        let (_, record) = Door::of(&app).await.sign_in(&[("x-error", name)]).await;
        assert_eq!((record.outcome, record.cause.as_deref()), (name, Some("the secret cause")));
    }
}

#[tokio::test]
async fn not_found_at_the_end_of_the_chain_is_backstages_error() {
    let app = Chain::of("returns_error").start().await;
    assert_eq!(refused(&app.refresh(&[("x-error", "NotFoundError")]).await), (500, "Error".into(), CHAIN_EXHAUSTED.into()));
}

#[tokio::test]
async fn an_upstreams_status_is_passed_on_if_it_is_one_of_an_error() {
    let app = Chain::of("response_status").start().await;
    for (status, answered) in
        [("400", 400), ("418", 418), ("599", 599), ("200", 500), ("302", 500), ("399", 500), ("600", 500), ("700", 500), ("0", 500)]
    {
        let refusal = refused(&app.refresh(&[("x-status", status)]).await);
        assert_eq!(refusal, (answered, "ResponseError".into(), "The directory answered with an error".into()), "{status}");
    }
}
