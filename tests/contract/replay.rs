//! A call is a function of recorded inputs: whoever asks the same again, of a resolver that throws dice too, gets the same answer.

use std::sync::Arc;

use stagedoor::ports::random::Random;
use stagedoor_tests::guests::{Chain, Door};

const TIMES: usize = 1000;

/// A decision that is made again and again.
struct TheSame(u8);

impl Random for TheSame {
    fn bytes(&self) -> [u8; 16] {
        [self.0; 16]
    }
}

/// What came of one sign-in: everything but the token, whose signature is another each time.
async fn outcome(door: &Door, headers: &[(&str, &str)]) -> String {
    let (result, record) = door.sign_in(headers).await;
    let answer = result.map(|signed_in| (signed_in.user, signed_in.ownership, signed_in.profile));
    format!("{answer:?} {record:?}")
}

#[tokio::test]
async fn the_same_inputs_have_the_same_outcome_a_thousand_times() {
    for (guest, headers) in [("look_first", &[("x-forwarded-user", "alice")][..]), ("throws_dice", &[])] {
        let app = Chain::of(guest).start().await;
        let door = Door::with_random(&app, Arc::new(TheSame(7))).await;
        let first = outcome(&door, headers).await;
        assert!(first.starts_with("Ok("), "{guest}: {first}");
        for nth in 1..TIMES {
            assert_eq!(outcome(&door, headers).await, first, "{guest}, replay {nth}");
        }
    }
}

#[tokio::test]
async fn another_decision_throws_other_dice() {
    let app = Chain::of("throws_dice").start().await;
    let mut outcomes = std::collections::BTreeSet::new();
    for seed in 0..20 {
        outcomes.insert(outcome(&Door::with_random(&app, Arc::new(TheSame(seed))).await, &[]).await);
    }
    assert_eq!(outcomes.len(), 20);
    let of = |name: &str| outcomes.iter().filter(|outcome| outcome.contains(name)).count();
    assert!(of("user:default/alice") > 0 && of("user:default/bob") > 0, "{outcomes:?}");
}
