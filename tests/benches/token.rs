//! Issuing a token: two signatures, and the JSON around them.

use std::{cell::LazyCell, hint::black_box};

use criterion::Criterion;
use stagedoor::domain::{claims::Claims, entity_ref::EntityRef};
use stagedoor_tests::user_name;

use super::door::{Door, USERS, in_turn, runtime};

pub(super) fn bench(criterion: &mut Criterion) {
    let door = LazyCell::new(|| Door::new(1));
    let users: Vec<_> = (1..=USERS).map(|nth| EntityRef::new("user", "default", &user_name(nth)).expect("a ref")).collect();
    let (mut turn, none) = (in_turn(USERS), Claims::default());
    criterion.bench_function("issue a token", |bencher| {
        let issuer = &door.wired.ports.issuer;
        bencher.to_async(runtime()).iter(|| {
            let (user, none) = (&users[turn.next().unwrap_or(1) - 1], &none);
            async move { black_box(issuer.issue(user, std::slice::from_ref(user), none).await.is_ok()) }
        });
    });
}
