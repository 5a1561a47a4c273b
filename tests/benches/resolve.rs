//! Asking a resolver: a fresh instance, one look-up, an identity. The rule in native Rust stands beside it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use criterion::{BatchSize, Criterion};
use stagedoor::{
    domain::{
        decision::DecisionId,
        headers::{Headers, identity},
        profile::Profile,
    },
    ports::resolver::{Resolver, SignInRequest},
};
use stagedoor_tests::{NativeRule, user_name};

use super::door::{Door, USERS, in_turn, runtime};

pub(super) fn bench(criterion: &mut Criterion) {
    let (door, runtime) = (Door::new(USERS), runtime());
    let staged = runtime.block_on(door.wired.stage()).unwrap_or_else(|error| panic!("{error}"));
    let native = NativeRule::new(Arc::clone(&door.wired.catalog) as _);
    let mut group = criterion.benchmark_group("instantiate and resolve");
    let resolvers: [(&str, &dyn Resolver); 2] = [("component", &*staged[0].resolver), ("native rule", &native)];
    for (name, resolver) in resolvers {
        let mut turn = in_turn(USERS);
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter_batched(
                || request(turn.next().unwrap_or(1)),
                |request| async move { assert!(resolver.resolve(&request).await.result.is_ok()) },
                BatchSize::SmallInput,
            );
        });
    }
}

fn request(nth: usize) -> Arc<SignInRequest> {
    let mut headers = Headers::default();
    headers.push(identity::USER, &user_name(nth));
    let deadline = Instant::now() + Duration::from_secs(60);
    let decision = DecisionId((nth as u128).to_be_bytes());
    Arc::new(SignInRequest { decision, profile: Profile::from_headers(&headers), headers, time: 0, deadline })
}
