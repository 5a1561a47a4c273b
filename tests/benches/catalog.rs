//! Looking users up in the file catalog, by each kind of query, among 1,000 and among 100,000 users.

use std::cell::LazyCell;

use criterion::{BatchSize, Criterion};
use stagedoor::domain::query::{FilterTerm, UserQuery};
use stagedoor_tests::{ANNOTATION, user_name};

use super::door::{Door, in_turn};

/// A query that means the user of that number.
type Ask = fn(usize) -> UserQuery;

pub(super) fn bench(criterion: &mut Criterion) {
    let kinds: [(&str, Ask); 3] = [("name", by_name), ("email", by_email), ("annotation", by_annotation)];
    for users in [1_000, 100_000] {
        let door = LazyCell::new(|| Door::new(users));
        let mut group = criterion.benchmark_group(format!("look up among {users} users"));
        for (name, query) in kinds {
            // A stride that visits every user: neighbours in the file are not neighbours in time.
            let mut turn = in_turn(users).map(|nth| 1 + nth * 7_919 % users);
            group.bench_function(name, |bencher| {
                let catalog = door.wired.catalog.files().expect("a catalog in files");
                let next = || query(turn.next().unwrap_or(1));
                bencher.iter_batched(next, |query| assert!(matches!(catalog.find(&query), Ok(Some(_)))), BatchSize::SmallInput);
            });
        }
    }
}

fn by_name(nth: usize) -> UserQuery {
    UserQuery::entity_ref("user", "default", &user_name(nth)).expect("a query")
}

fn by_email(nth: usize) -> UserQuery {
    let values = vec![format!("{}@example.com", user_name(nth))];
    UserQuery::filter(vec![vec![FilterTerm { key: "spec.profile.email".into(), values }]]).expect("a query")
}

fn by_annotation(nth: usize) -> UserQuery {
    UserQuery::annotations(vec![(ANNOTATION.into(), format!("uid-{nth}"))]).expect("a query")
}
