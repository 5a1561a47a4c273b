//! Tables as an operator sees them: named by `check` and by the banner, and what becomes of them in the log.

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use stagedoor_tests::stub::{Reply, Stub};

use crate::{
    run::{Sandbox, config},
    serving::{ORGANISATION, Serving},
};

fn sandbox(tables: &str) -> Sandbox {
    let more =
        format!("catalog: {{ locations: [{{ type: file, target: ./org.yaml }}] }}\nstagedoor: {{ listen: 127.0.0.1:0, tables: {{ {tables} }} }}");
    let config = config("forwardedUserMatchingUserEntityName", &more);
    Sandbox::new(&[("app-config.yaml", &config), ("org.yaml", ORGANISATION), ("roles.yaml", "a: b\n"), ("logins.csv", "x,y\nz,y\n")])
}

#[test]
fn check_names_them_with_their_revisions() {
    let ran = sandbox("roles: { source: ./roles.yaml }, logins: { source: ./logins.csv }").run(&["check"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    // `printf 'a: b\n' | sha256sum`
    assert!(ran.stdout.contains("  tables     logins "), "{ran}");
    assert!(ran.stdout.contains(" (2 keys), roles 52c9693cf3f2 (1 key)\n"), "{ran}");
    let none = sandbox("").run(&["check"]);
    assert!(!none.stdout.contains("tables"), "{none}");
}

#[test]
fn a_change_is_told_once_and_no_address_with_it() {
    let calls = AtomicUsize::new(0);
    let stub = Stub::start(move |_| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::Json(200, "x,y".into()),
        1 => Reply::Json(200, "carol@corp.example,".into()),
        _ => Reply::Json(503, "{}".into()),
    });
    let url = format!("http://{}/logins.csv?password=hunter2", stub.address);
    let sandbox = sandbox(&format!("roles: {{ source: ./roles.yaml }}, logins: {{ source: '{url}', refresh: 1 s }}"));
    let server = Serving::start(sandbox.command(&["serve"]).env("LOG_LEVEL", "trace"));
    assert!(server.banner.contains("roles 52c9693cf3f2 (1 key)"), "{}", server.banner);
    let write = |text: &str| {
        fs::write(sandbox.path().join("next"), text).unwrap();
        fs::rename(sandbox.path().join("next"), sandbox.path().join("roles.yaml")).unwrap();
        thread::sleep(Duration::from_millis(2500));
    };
    write("alice@corp.example: 7\n");
    write("alice@corp.example: x\nbob@corp.example: x\n");
    thread::sleep(Duration::from_millis(1500));
    let banner = server.banner.clone();
    let (code, log) = server.terminate();
    assert_eq!(code, Some(0));
    let count = |text: &str| log.lines().filter(|line| line.contains(text)).count();
    assert_eq!(count("stagedoor.tables.roles: the last good table stays"), 1, "{log}");
    assert_eq!(count("table read again"), 1, "{log}");
    assert_eq!(count("what the URL answers is no table: line 1"), 1, "{log}");
    assert_eq!(count("stagedoor.tables.logins: the last good table stays: the URL answers with the status 503"), 1, "once, however often: {log}");
    assert!(stub.calls() > 4);
    for hidden in ["@corp.example", "hunter2"] {
        assert!(!log.contains(hidden) && !banner.contains(hidden), "{hidden}: {log}");
    }
}
