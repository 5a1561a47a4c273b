//! A catalog that is slow, breaks, or goes away and comes back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::*;

const DOWN: &str = "503 ServiceUnavailableError";

#[tokio::test]
async fn connections_are_kept() {
    let stub = Stub::start(found);
    let app = by_name(&stub).await;
    for _ in 0..20 {
        assert_eq!(sign_in(&app, "alice").await, "200 user:default/alice");
    }
    assert!(stub.asked().iter().all(|asked| asked.connection == 0), "{:?}", stub.asked());
    assert_eq!(stub.calls(), 20, "with ttl: 0 each sign-in asks");
}

#[tokio::test]
async fn a_connection_that_breaks_is_replaced_once() {
    let stub = Stub::start(|asked| if asked.nth == 0 { found(asked) } else { Reply::Close });
    let app = by_name(&stub).await;
    for _ in 0..3 {
        assert_eq!(sign_in(&app, "alice").await, "200 user:default/alice");
    }
    let broken = Stub::start(|_| Reply::Close);
    assert_eq!((sign_in(&by_name(&broken).await, "alice").await, broken.calls()), (DOWN.into(), 2));
}

#[tokio::test]
async fn a_catalog_that_hangs_costs_its_own_time_and_is_asked_once() {
    for hanging in [Reply::Hang, Reply::Late(Duration::from_secs(3), Box::new(Reply::Json(200, user("alice").to_string())))] {
        let stub = Stub::start(move |_| hanging.clone());
        let app = App::start(&config(stub.address, BY_NAME, "timeout: 100 ms", "")).await;
        let started = Instant::now();
        assert_eq!((sign_in(&app, "alice").await, stub.calls()), (DOWN.into(), 1));
        assert!(started.elapsed() >= Duration::from_millis(100));
    }
}

#[tokio::test]
async fn a_catalog_that_is_not_there_gives_nobody_a_name() {
    let address = Stub::start(found).address;
    for resolver in [BY_NAME, "forwardedUserMatchingUserEntityName, dangerouslyAllowSignInWithoutUserInCatalog: true"] {
        let app = App::start(&config(address, resolver, "", "")).await;
        let answer = app.refresh(&[("x-forwarded-user", "alice")]).await;
        assert_eq!(shown(&answer), DOWN);
        assert!(!answer.text.contains(&address.port().to_string()), "the address of the catalog is not for the client: {}", answer.text);
        assert_eq!(app.get("/.backstage/health/v1/readiness", &[]).await.status.as_u16(), 200, "and the server is ready all the same");
    }
}

#[tokio::test]
async fn a_known_user_is_not_asked_for_and_one_that_has_gone_is_gone_after_a_while() {
    let gone = Arc::new(AtomicBool::new(false));
    let stub = Stub::start({
        let gone = Arc::clone(&gone);
        move |asked| if gone.load(Ordering::SeqCst) { Reply::Json(404, "{}".into()) } else { found(asked) }
    });
    let app = App::start(&config(stub.address, BY_NAME, "", "")).await;
    for name in ["alice", "ALICE", "alice", "bob"] {
        assert_eq!(sign_in(&app, name).await, format!("200 user:default/{}", name.to_lowercase()));
    }
    assert_eq!(stub.calls(), 2);
    gone.store(true, Ordering::SeqCst);
    app.clock.advance(Duration::from_secs(29));
    assert_eq!(sign_in(&app, "alice").await, "200 user:default/alice");
    app.clock.advance(Duration::from_secs(1));
    assert_eq!(sign_in(&app, "alice").await, "500 Error");
    assert_eq!((sign_in(&app, "alice").await, stub.calls()), ("500 Error".into(), 3), "that too is kept");
}

#[tokio::test]
async fn many_sign_ins_of_one_person_are_one_call() {
    let stub = Stub::start(|asked| Reply::Late(Duration::from_millis(300), Box::new(found(asked))));
    let app = App::start(&config(stub.address, BY_NAME, "", "")).await;
    let one = || sign_in(&app, "alice");
    let all = tokio::join!(one(), one(), one(), one(), one(), one(), one(), one());
    let all: [String; 8] = all.into();
    assert!(all.iter().all(|shown| shown == "200 user:default/alice"), "{all:?}");
    assert_eq!(stub.calls(), 1);
}

#[tokio::test]
async fn while_the_catalog_is_down_whom_it_knew_signs_in_and_nobody_else() {
    let stub = Stub::start(found);
    let port = stub.address.port();
    let app = App::start(&config(stub.address, BY_NAME, "", "")).await;
    assert_eq!(sign_in(&app, "alice").await, "200 user:default/alice");
    drop(stub);
    assert_eq!((sign_in(&app, "alice").await, sign_in(&app, "bob").await), ("200 user:default/alice".into(), DOWN.into()));
    app.clock.advance(Duration::from_mins(9));
    for _ in 0..5 {
        assert_eq!((sign_in(&app, "alice").await, sign_in(&app, "bob").await), ("200 user:default/alice".into(), DOWN.into()));
    }
    app.clock.advance(Duration::from_mins(1));
    assert_eq!(sign_in(&app, "alice").await, DOWN, "but not for ever");
    let back = Stub::start_on(port, found);
    assert_eq!(sign_in(&app, "alice").await, "200 user:default/alice", "and it recovers by itself");
    assert_eq!((sign_in(&app, "bob").await, back.calls()), ("200 user:default/bob".into(), 2));
}

#[tokio::test]
async fn a_catalog_that_hangs_does_not_hold_up_whom_it_knew() {
    let hangs = Arc::new(AtomicBool::new(false));
    let stub = Stub::start({
        let hangs = Arc::clone(&hangs);
        move |asked| if hangs.load(Ordering::SeqCst) { Reply::Hang } else { found(asked) }
    });
    let app = App::start(&config(stub.address, BY_NAME, "timeout: 300 ms", "")).await;
    for name in ["alice", "bob"] {
        assert_eq!(sign_in(&app, name).await, format!("200 user:default/{name}"));
    }
    hangs.store(true, Ordering::SeqCst);
    app.clock.advance(Duration::from_secs(30));
    assert_eq!(sign_in(&app, "alice").await, "200 user:default/alice", "after the time of one call");
    let before = stub.calls();
    for name in ["alice", "bob", "alice", "bob"] {
        assert_eq!(sign_in(&app, name).await, format!("200 user:default/{name}"));
    }
    assert_eq!(stub.calls(), before + 1, "each of them is asked for once within a second");
}

#[tokio::test]
async fn what_the_catalog_fails_at_keeps_nobody_alive_who_is_gone() {
    let gone = Arc::new(AtomicBool::new(false));
    let stub = Stub::start({
        let gone = Arc::clone(&gone);
        move |asked| match name_of(asked) {
            "poison" => Reply::Json(500, "{}".into()),
            "alice" if gone.load(Ordering::SeqCst) => Reply::Json(404, "{}".into()),
            _ => found(asked),
        }
    });
    let app = App::start(&config(stub.address, BY_NAME, "", "")).await;
    assert_eq!(sign_in(&app, "alice").await, "200 user:default/alice");
    gone.store(true, Ordering::SeqCst);
    app.clock.advance(Duration::from_secs(30));
    assert!(sign_in(&app, "poison").await.starts_with("500"));
    // On a machine that is very busy her answer may be late once; from then on it counts.
    sign_in(&app, "alice").await;
    for _ in 0..5 {
        assert!(sign_in(&app, "poison").await.starts_with("500"));
        app.clock.advance(Duration::from_secs(6));
        assert_eq!(sign_in(&app, "alice").await, "500 Error");
    }
}

#[tokio::test]
async fn a_refusal_is_no_outage() {
    for status in [401, 403] {
        let stub = Stub::start(move |asked| if asked.nth == 0 { found(asked) } else { Reply::Json(status, "{}".into()) });
        let app = App::start(&config(stub.address, BY_NAME, "", "")).await;
        assert_eq!(sign_in(&app, "alice").await, "200 user:default/alice");
        app.clock.advance(Duration::from_secs(30));
        assert_eq!(sign_in(&app, "alice").await, format!("{status} ResponseError"));
    }
    let stub = Stub::start(|asked| if asked.nth == 0 { found(asked) } else { Reply::Json(502, "{}".into()) });
    let app = App::start(&config(stub.address, BY_NAME, "", "")).await;
    for _ in 0..2 {
        assert_eq!(sign_in(&app, "alice").await, "200 user:default/alice", "502 is one");
        app.clock.advance(Duration::from_secs(30));
    }
}
