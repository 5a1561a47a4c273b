//! The catalog over HTTP goes away and comes back under load.

use std::{thread::sleep, time::Instant};

use stagedoor_tests::{
    door::{Door, Settings},
    stub::{Asked, Reply, Stub},
    user_name,
};

use crate::load::{Load, WHILE, statuses};

const USERS: usize = 50;

fn found(asked: &Asked) -> Reply {
    let name = asked.target.rsplit('/').next().unwrap_or_default();
    Reply::Json(200, format!(r#"{{"kind":"User","metadata":{{"name":"{name}"}}}}"#))
}

fn door(stub: &Stub, cache: &str) -> Door {
    let config = format!(
        "discovery: {{ endpoints: [{{ target: 'http://{}/api/{{{{pluginId}}}}', plugins: [catalog] }}] }}\n\
         stagedoor: {{ catalog: {{ source: backstage, cache: {cache} }} }}\n",
        stub.address
    );
    Door::ready(&Settings { config: &config, ..Settings::default() })
}

#[test]
fn users_who_are_known_sign_in_without_the_catalog() {
    let stub = Stub::start(found);
    let port = stub.address.port();
    let door = door(&stub, "{ ttl: 500ms, staleIfError: 1 minute }");
    let load = Load::on(&door, USERS);
    sleep(WHILE);
    drop(stub);
    let gone = Instant::now();
    sleep(WHILE);
    let stranger = door.get("/api/auth/oauth2Proxy/refresh", &[("x-forwarded-user", &user_name(USERS + 1))]);
    assert_eq!(stranger.status, 503, "somebody who was never looked up: {}", stranger.text);
    let stub = Stub::start_on(port, found);
    let back = Instant::now();
    sleep(WHILE);
    let calls = stub.calls();
    let seen = load.ended();

    let without = statuses(seen.iter().filter(|seen| (gone..back).contains(&seen.at)));
    println!("all {:?}, without {without:?}, {calls} calls within two seconds of its return", statuses(seen.iter()));
    assert!(statuses(seen.iter()).keys().eq([&200]), "nobody of them was refused");
    assert!(without[&200] > USERS && calls > 0, "{without:?}, {calls} calls");
}

#[test]
fn without_a_cache_sign_ins_fail_cleanly_while_the_catalog_is_away() {
    let stub = Stub::start(found);
    let port = stub.address.port();
    let door = door(&stub, "{ ttl: 0 }");
    let load = Load::on(&door, USERS);
    sleep(WHILE);
    drop(stub);
    let gone = Instant::now();
    sleep(WHILE);
    let _stub = Stub::start_on(port, found);
    let back = Instant::now();
    let recovered = load.recovered();
    sleep(2 * WHILE);
    let seen = load.ended();

    // Who comes just before its return may see it.
    let without = statuses(seen.iter().filter(|seen| (gone..gone + WHILE / 2).contains(&seen.at)));
    let after = statuses(seen.iter().filter(|seen| seen.at > back + WHILE));
    println!("without {without:?}, signed in {recovered:?} after it was back, two seconds later {after:?}");
    assert!(without.keys().eq([&503]), "{without:?}");
    assert!(recovered < WHILE && after.keys().eq([&200]), "{recovered:?}, {after:?}");
}
