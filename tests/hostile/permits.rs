//! As many sign-ins at once as there are permits: others wait for a while, then are told to come back.

use std::time::{Duration, Instant};

use super::{Chain, MALLORY, assert_failed, signs_in};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_too_long_is_told_to_come_back() {
    let app = Chain::of("loops").limit("concurrency", 2).limit("timeout", "1500 ms").limit("queueTimeout", "200 ms").start().await;
    let (looping, patient) = (app.refresh(&[MALLORY]), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let asked = Instant::now();
        let answer = app.refresh(&[("x-forwarded-user", "alice")]).await;
        assert_failed(&answer, 503, "ServiceUnavailableError", "Too many sign-ins at once, please try again", "overloaded");
        assert!(asked.elapsed() >= Duration::from_millis(200), "it has waited for its turn");
    });
    let (first, second, ()) = tokio::join!(looping, app.refresh(&[MALLORY]), patient);
    assert_eq!((first.error().as_deref(), second.error().as_deref()), (Some("resolver-timeout"), Some("resolver-timeout")));
    signs_in(&app, "alice").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_long_enough_gets_in() {
    let app = Chain::of("loops").limit("concurrency", 2).limit("timeout", "300 ms").limit("queueTimeout", "20 s").start().await;
    let mallory = || app.refresh(&[MALLORY]);
    let (_, _, (), _, _, ()) = tokio::join!(mallory(), mallory(), signs_in(&app, "alice"), mallory(), mallory(), signs_in(&app, "bob"));
}
