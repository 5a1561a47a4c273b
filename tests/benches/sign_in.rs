//! The whole use case, from headers to a token: with the component, and with the rule in native Rust.

use std::{cell::LazyCell, net::Ipv4Addr, sync::Arc};

use criterion::{Bencher, Criterion};
use http::{HeaderMap, HeaderName, HeaderValue};
use stagedoor::{domain::headers::identity, generation::snapshot::Snapshot, ports::proxy_authenticator::Peer};
use stagedoor_tests::{NativeRule, user_name};
use tokio::runtime::Runtime;

use super::door::{Door, USERS, runtime};

pub(super) fn bench(criterion: &mut Criterion) {
    let runtime = runtime();
    let door = LazyCell::new(|| Door::new(USERS));
    let requests: Vec<_> = (1..=USERS).map(headers).collect();
    let component = LazyCell::new(|| door.wired.snapshot(runtime.block_on(door.wired.stage()).unwrap_or_else(|error| panic!("{error}"))));
    let native = LazyCell::new(|| door.wired.snapshot(NativeRule::staged(Arc::clone(&door.wired.catalog) as _)));
    let mut group = criterion.benchmark_group("sign in");
    group.bench_function("component", |bencher| sign_in(bencher, &runtime, &component, &requests));
    group.bench_function("native rule", |bencher| sign_in(bencher, &runtime, &native, &requests));
}

fn sign_in(bencher: &mut Bencher, runtime: &Runtime, snapshot: &Snapshot, requests: &[HeaderMap]) {
    let peer = Peer::Address(Ipv4Addr::LOCALHOST.into());
    let mut turn = requests.iter().cycle();
    bencher.to_async(runtime).iter(|| {
        let headers = turn.next().unwrap_or(&requests[0]);
        async move { assert!(snapshot.sign_in.sign_in(peer, headers).await.1.is_ok()) }
    });
}

/// What oauth2-proxy adds, and two headers of a browser.
fn headers(nth: usize) -> HeaderMap {
    let name = user_name(nth);
    let email = format!("{name}@example.com");
    let fields =
        [(identity::USER, &*name), (identity::PREFERRED_USERNAME, &name), (identity::EMAIL, &email), ("accept", "*/*"), ("user-agent", "bench")];
    let field = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
    fields.into_iter().map(field).collect()
}
