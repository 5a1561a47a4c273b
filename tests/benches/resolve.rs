//! Asking a resolver: a fresh instance, one look-up, an identity. The rule in native Rust stands beside it.

use std::{
    cell::LazyCell,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use criterion::{BatchSize, Bencher, Criterion};
use stagedoor::{
    domain::{
        decision::DecisionId,
        headers::{Headers, SensitiveHeaders, identity},
        profile::Profile,
    },
    ports::{
        resolver::{Resolver, SignInRequest, Spent},
        tables::NoTables,
    },
};
use stagedoor_tests::{NativeRule, user_name};
use tokio::runtime::Runtime;

use super::door::{Door, USERS, in_turn, runtime};

pub(super) fn bench(criterion: &mut Criterion) {
    let runtime = runtime();
    let door = LazyCell::new(|| Door::new(USERS));
    let staged = LazyCell::new(|| runtime.block_on(door.wired.stage()).unwrap_or_else(|error| panic!("{error}")));
    let native = LazyCell::new(|| NativeRule::new(Arc::clone(&door.wired.catalog) as _));
    let mut group = criterion.benchmark_group("instantiate and resolve");
    group.bench_function("component", |bencher| resolve(bencher, &runtime, &*staged.resolvers[0].component));
    group.bench_function("native rule", |bencher| resolve(bencher, &runtime, &*native));
}

fn resolve(bencher: &mut Bencher, runtime: &Runtime, resolver: &dyn Resolver) {
    let mut turn = in_turn(USERS);
    bencher.to_async(runtime).iter_batched(
        || request(turn.next().unwrap_or(1)),
        |request| async move { assert!(resolver.resolve(&request).await.result.is_ok()) },
        BatchSize::SmallInput,
    );
}

fn request(nth: usize) -> Arc<SignInRequest> {
    let mut headers = Headers::default();
    headers.push(identity::USER, &user_name(nth));
    let deadline = Instant::now() + Duration::from_mins(1);
    let decision = DecisionId((nth as u128).to_be_bytes());
    let spent = Spent::default();
    Arc::new(SignInRequest {
        decision,
        profile: Profile::from_headers(&headers),
        headers,
        sensitive: SensitiveHeaders::default(),
        id_token_claims: None,
        own_profile: OnceLock::new(),
        tables: Arc::new(NoTables),
        time: 0,
        deadline,
        spent,
    })
}
