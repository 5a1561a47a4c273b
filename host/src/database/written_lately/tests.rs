use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::time::sleep;

use super::*;

/// A beat of the tests; five are a window.
const BEAT: Duration = Duration::from_millis(50);

/// A table of one row that counts its writes, and may commit without saying so.
#[derive(Default)]
struct Table {
    row: Mutex<Option<(Vec<EntityRef>, Claims, Duration)>>,
    writes: AtomicU64,
    fails: AtomicBool,
    loses_answers: AtomicBool,
    takes: AtomicU64,
}

impl Table {
    fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    fn ownership(&self) -> Vec<EntityRef> {
        self.row.lock().unwrap().clone().unwrap().0
    }

    fn further(&self) -> Claims {
        self.row.lock().unwrap().clone().unwrap().1
    }
}

impl ClaimsTable for Arc<Table> {
    async fn put(&self, _: &EntityRef, claims: &str, at: Duration, over: Over) -> Result<(), UserInfoError> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(self.takes.swap(0, Ordering::Relaxed))).await;
        if self.fails.load(Ordering::Relaxed) {
            return Err(UserInfoError("down".into()));
        }
        let mut row = self.row.lock().unwrap();
        if over == Over::Anything || row.as_ref().is_none_or(|(.., stored)| *stored <= at) {
            let UserInfo { ownership, claims, .. } = claims::read(claims)?;
            *row = Some((ownership, claims, at));
        }
        if self.loses_answers.load(Ordering::Relaxed) { Err(UserInfoError("the answer was lost".into())) } else { Ok(()) }
    }

    async fn get(&self, _: &str) -> Result<Option<UserInfo>, UserInfoError> {
        Ok(None)
    }
}

#[derive(Default)]
struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn now(&self) -> Duration {
        BEAT * u32::try_from(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// Replicas on one table.
#[derive(Default)]
struct Bench {
    table: Arc<Table>,
    clock: Arc<TestClock>,
}

impl Bench {
    fn replica(&self) -> Arc<WrittenLately<Arc<Table>>> {
        Arc::new(WrittenLately::new(Arc::clone(&self.table), Arc::clone(&self.clock) as _, 5 * BEAT, 1 << 20))
    }

    /// Both clocks go on; what is due is done.
    async fn pass(&self, beats: u64) {
        for _ in 0..beats {
            self.clock.0.fetch_add(1, Ordering::Relaxed);
            sleep(BEAT).await;
        }
    }
}

fn user(name: &str) -> EntityRef {
    EntityRef::new("user", "default", name).unwrap()
}

/// The claims of a member of this group.
fn member(group: &str) -> [EntityRef; 2] {
    [user("alice"), EntityRef::new("group", "default", group).unwrap()]
}

/// No further claims.
fn none() -> Claims {
    Claims::default()
}

#[tokio::test]
async fn the_same_claims_are_written_once_in_a_window() {
    let bench = Bench::default();
    let (alice, bob, lately) = (user("alice"), user("bob"), bench.replica());
    let claims = [alice.clone()];
    for (now, user, ownership, expected) in [
        (10, &alice, &claims[..], 1),
        (14, &alice, &claims[..], 1),
        (14, &bob, &claims[..], 2),
        (14, &alice, &[][..], 3),
        (18, &alice, &[][..], 3),
        (19, &alice, &[][..], 4),
        // A clock that went back proves nothing.
        (3, &alice, &[][..], 5),
    ] {
        bench.clock.0.store(now, Ordering::Relaxed);
        lately.put(user, ownership, &none()).await.unwrap();
        assert_eq!(bench.table.writes(), expected, "at {now}");
    }
    bench.clock.0.store(100, Ordering::Relaxed);
    bench.table.fails.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        lately.put(&alice, &[], &none()).await.unwrap_err();
    }
    assert_eq!(bench.table.writes(), 7, "what was not written is not skipped");
}

#[tokio::test]
async fn other_further_claims_are_written_and_what_is_made_up_for_carries_them() {
    let bench = Bench::default();
    let (alice, lately) = (user("alice"), bench.replica());
    let [reader, writer] = ["reader", "writer"].map(|role| Claims::parse(&format!(r#"{{"role":"{role}"}}"#)).unwrap());
    for (claims, expected) in [(&none(), 1), (&reader, 2), (&reader, 2), (&writer, 3), (&writer, 3)] {
        lately.put(&alice, &member("x"), claims).await.unwrap();
        assert_eq!((bench.table.writes(), &bench.table.further()), (expected, claims));
    }
    let overwritten = || *bench.table.row.lock().unwrap() = Some((member("x").to_vec(), reader.clone(), Duration::ZERO));
    overwritten();
    bench.pass(10).await;
    assert_eq!(bench.table.further(), writer, "the window is over");
    for _ in 0..2 {
        lately.put(&alice, &member("x"), &writer).await.unwrap();
    }
    overwritten();
    lately.settle().await;
    assert_eq!(bench.table.further(), writer, "a stop");
}

#[tokio::test]
async fn the_last_sign_in_stands_when_its_window_is_over_whoever_wrote_meanwhile() {
    // At which beat each sign-in comes, at which replica, of which group; and the group that stands in the end.
    for (sign_ins, last) in [
        (&[(10, 0, "x"), (11, 1, "y"), (12, 0, "x")][..], "x"),
        (&[(10, 0, "x"), (11, 1, "y"), (12, 0, "x"), (13, 1, "y")], "y"),
        (&[(10, 0, "x"), (12, 0, "x"), (13, 1, "y")], "y"),
        (&[(10, 0, "x"), (11, 1, "y"), (12, 0, "x"), (14, 0, "z")], "z"),
    ] {
        let bench = Bench::default();
        let replicas = [bench.replica(), bench.replica()];
        bench.clock.0.store(9, Ordering::Relaxed);
        for (at, replica, group) in sign_ins {
            bench.pass(at - bench.clock.0.load(Ordering::Relaxed)).await;
            replicas[*replica].put(&user("alice"), &member(group), &none()).await.unwrap();
        }
        bench.pass(10).await;
        assert_eq!(bench.table.ownership(), member(last), "{sign_ins:?}");
        let writes = bench.table.writes();
        bench.pass(10).await;
        assert_eq!(bench.table.writes(), writes, "and then nobody writes any more");
    }
}

#[tokio::test]
async fn a_write_that_may_have_happened_is_not_taken_for_one_that_did_not() {
    let bench = Bench::default();
    let (alice, lately) = (user("alice"), bench.replica());
    lately.put(&alice, &member("x"), &none()).await.unwrap();
    bench.table.loses_answers.store(true, Ordering::Relaxed);
    lately.put(&alice, &member("y"), &none()).await.unwrap_err();
    bench.table.loses_answers.store(false, Ordering::Relaxed);
    bench.clock.0.store(1, Ordering::Relaxed);
    lately.put(&alice, &member("x"), &none()).await.unwrap();
    assert_eq!(bench.table.ownership(), member("x"));
    // What was given up comes late.
    *bench.table.row.lock().unwrap() = Some((member("y").to_vec(), none(), Duration::ZERO));
    bench.pass(10).await;
    assert_eq!(bench.table.ownership(), member("x"));
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_is_in_doubt() {
    let bench = Bench::default();
    let (alice, lately) = (user("alice"), bench.replica());
    lately.put(&alice, &member("x"), &none()).await.unwrap();
    bench.table.takes.store(100, Ordering::Relaxed);
    tokio::time::timeout(Duration::from_millis(10), lately.put(&alice, &member("y"), &none())).await.unwrap_err();
    lately.put(&alice, &member("x"), &none()).await.unwrap();
    assert_eq!(bench.table.writes(), 3);
}

#[tokio::test]
async fn writes_of_one_user_are_made_one_after_the_other() {
    let bench = Bench::default();
    let lately = bench.replica();
    bench.table.takes.store(100, Ordering::Relaxed);
    let slow = tokio::spawn({
        let lately = Arc::clone(&lately);
        async move { lately.put(&user("alice"), &member("x"), &none()).await }
    });
    sleep(Duration::from_millis(10)).await;
    lately.put(&user("alice"), &member("y"), &none()).await.unwrap();
    slow.await.unwrap().unwrap();
    assert_eq!(bench.table.ownership(), member("y"));
}

#[tokio::test]
async fn what_was_put_off_is_written_when_the_table_is_back_and_at_a_stop() {
    let bench = Bench::default();
    let (alice, lately) = (user("alice"), bench.replica());
    let overwritten = || *bench.table.row.lock().unwrap() = Some((member("y").to_vec(), none(), Duration::ZERO));
    for _ in 0..2 {
        lately.put(&alice, &member("x"), &none()).await.unwrap();
    }
    overwritten();
    bench.table.fails.store(true, Ordering::Relaxed);
    bench.pass(10).await;
    bench.table.fails.store(false, Ordering::Relaxed);
    bench.pass(4).await;
    assert_eq!(bench.table.ownership(), member("x"));
    for _ in 0..2 {
        lately.put(&alice, &member("x"), &none()).await.unwrap();
    }
    overwritten();
    lately.settle().await;
    assert_eq!(bench.table.ownership(), member("x"));
}

#[tokio::test]
async fn whoever_does_not_fit_in_is_written_each_time() {
    let bench = Bench::default();
    let lately = bench.replica();
    let large: Vec<_> = (0..7_500).map(|nth| EntityRef::new("group", "default", &format!("{nth:0>60}")).unwrap()).collect();
    for name in ["a", "b"] {
        for _ in 0..2 {
            lately.put(&user(name), &large, &none()).await.unwrap();
        }
    }
    assert_eq!(bench.table.writes(), 3, "the second one found no room");
    bench.pass(10).await;
    lately.put(&user("b"), &large, &none()).await.unwrap();
    let writes = bench.table.writes();
    lately.put(&user("b"), &large, &none()).await.unwrap();
    assert_eq!(bench.table.writes(), writes, "now there is some");
}
