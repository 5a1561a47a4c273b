//! The whole use case, from headers to a token: with the component, and with the rule in native Rust.

use std::{net::Ipv4Addr, sync::Arc};

use criterion::Criterion;
use http::{HeaderMap, HeaderName, HeaderValue};
use stagedoor::{domain::headers::identity, ports::proxy_authenticator::Peer};
use stagedoor_tests::{NativeRule, user_name};

use super::door::{Door, USERS, in_turn, runtime};

pub(super) fn bench(criterion: &mut Criterion) {
    let (door, runtime) = (Door::new(USERS), runtime());
    let staged = runtime.block_on(door.wired.stage()).unwrap_or_else(|error| panic!("{error}"));
    let requests: Vec<_> = (1..=USERS).map(headers).collect();
    let peer = Peer::Address(Ipv4Addr::LOCALHOST.into());
    let mut group = criterion.benchmark_group("sign in");
    for (name, staged) in [("component", staged), ("native rule", vec![NativeRule::staged(Arc::clone(&door.wired.catalog) as _)])] {
        let snapshot = door.wired.snapshot(staged);
        let mut turn = in_turn(USERS);
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(|| {
                let headers = &requests[turn.next().unwrap_or(1) - 1];
                async { assert!(snapshot.sign_in.sign_in(peer, headers).await.1.is_ok()) }
            });
        });
    }
}

/// What oauth2-proxy adds, and two headers of a browser.
fn headers(nth: usize) -> HeaderMap {
    let name = user_name(nth);
    let email = format!("{name}@example.com");
    let fields = [(identity::USER, &*name), (identity::PREFERRED_USERNAME, &name), (identity::EMAIL, &email), ("accept", "*/*"), ("user-agent", "bench")];
    let field = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"));
    fields.into_iter().map(field).collect()
}
