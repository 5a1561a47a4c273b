//! Hundreds of failures, and of clients that go away in the middle: the next call is clean, and the memory of the process stays flat.

use std::{fs, time::Duration};

use stagedoor_tests::{App, guests::Chain};

const MALLORY: (&str, &str) = ("x-forwarded-user", "mallory");

/// Growth that is no leak: allocator arenas, and pages that a slot keeps for its next instance.
const SLACK_KIB: usize = 16 * 1024;

/// Failures of each guest.
const FAILURES: usize = 200;

async fn signs_in(app: &App) {
    let answer = app.refresh(&[("x-forwarded-user", "alice")]).await;
    assert_eq!(answer.user().as_deref(), Some("user:default/alice"), "{answer:?}");
}

/// Resident memory of this process; `None` where the system does not say.
fn resident_kib() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?.parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_flat_and_every_next_call_is_clean() {
    // One after the other in one test: tests of one process measure each other.
    for guest in ["traps", "eats_memory", "exits", "many_handles", "eats_stack", "huge_string"] {
        let app = Chain::of(guest).limit("timeout", "10 s").start().await;
        let fail = async || {
            let answer = app.refresh(&[MALLORY, ("x-place", "log")]).await;
            assert!(answer.error().is_some_and(|code| code.starts_with("resolver-")), "{answer:?}");
        };
        for _ in 0..30 {
            fail().await;
        }
        let before = resident_kib();
        for _ in 0..FAILURES / 10 {
            for _ in 0..10 {
                fail().await;
            }
            signs_in(&app).await;
        }
        if let (Some(before), Some(after)) = (before, resident_kib()) {
            println!("{guest}: {before} KiB before, {after} KiB after {FAILURES} failures");
            assert!(after < before + SLACK_KIB, "{guest}: {before} KiB have become {after} KiB");
        }
    }
    clients_go_away().await;
}

/// A client that disconnects drops the sign-in in the middle of the guest.
async fn clients_go_away() {
    let app = Chain::of("loops").limit("concurrency", 2).limit("timeout", "30 s").limit("queueTimeout", "10 ms").start().await;
    let before = resident_kib();
    for _ in 0..200 {
        let gone = tokio::time::timeout(Duration::from_millis(15), async { tokio::join!(app.refresh(&[MALLORY]), app.refresh(&[MALLORY])) }).await;
        assert!(gone.is_err(), "both were in the middle: {gone:?}");
        // Both permits and both slots are free again, at once.
        signs_in(&app).await;
    }
    if let (Some(before), Some(after)) = (before, resident_kib()) {
        println!("disconnects: {before} KiB before, {after} KiB after");
        assert!(after < before + SLACK_KIB, "{before} KiB have become {after} KiB");
    }
}
