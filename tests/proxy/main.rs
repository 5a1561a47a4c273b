//! Through the real oauth2-proxy and a real OIDC provider: who is signed in there is signed in here, and nobody else is.
#![cfg(unix)]

mod browser;
mod kit;

use std::fs;

use stagedoor_tests::door::{Door, Settings};

use crate::{
    browser::Browser,
    kit::{Kit, Proxy},
};

const REFRESH: &str = "/api/auth/oauth2Proxy/refresh";
const SECRET: &str = "what-only-the-proxy-knows";
const JANE: &str = r#""userEntityRef":"user:default/jane""#;

const PEOPLE: &str = "\
{ kind: User, apiVersion: backstage.io/v1alpha1, metadata: { name: jane }, spec: { memberOf: [] } }
---
{ kind: User, apiVersion: backstage.io/v1alpha1, metadata: { name: evil }, spec: { memberOf: [] } }
";

const CONFIG: &str = "\
backend: { baseUrl: 'http://localhost' }
auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: forwardedPreferredUsernameMatchingUserEntityName }] } } } }
stagedoor: { trust: { sharedSecret: { values: [{ $file: secret }] } } }
";

/// A server that trusts who knows the secret.
fn door(config: &str, unix: bool) -> Door {
    let settings = Settings { config, files: &[("secret", SECRET)], unix, ..Settings::default() };
    let mut door = Door::spawn(&settings, |directory| fs::write(directory.join("org.yaml"), PEOPLE).expect("a file"));
    door.wait_for(|answer| answer.status == 200);
    door
}

fn behind_the_proxy(what: &str, unix: bool) -> Option<(Door, Proxy)> {
    let kit = Kit::prepared(what)?;
    let door = door(CONFIG, unix);
    let proxy = kit.start(&door.place, &door.directory.path().join("secret"));
    Some((door, proxy))
}

#[test]
fn who_is_signed_in_at_the_proxy_is_signed_in_here_over_tcp_and_over_a_unix_socket() {
    for unix in [false, true] {
        let Some((door, proxy)) = behind_the_proxy("a sign-in through the real oauth2-proxy", unix) else { return };
        let mut jane = Browser::new("jane");
        jane.sign_in(proxy.port);
        let answer = jane.get(proxy.port, REFRESH, &[]);
        assert!(answer.status == 200 && answer.text.contains(JANE), "{}\n{}\n{}", answer.text, door.log(), proxy.log());

        let nobody = Browser::new("nobody").get(proxy.port, REFRESH, &[("accept", "application/json")]);
        assert_eq!(nobody.status, 401, "the proxy lets nobody else through: {}", nobody.text);

        let straight = [("x-forwarded-preferred-username", "jane")];
        for headers in [&straight[..], &[straight[0], ("x-stagedoor-proxy-secret", "a guess at the secret")]] {
            let refused = door.get(REFRESH, headers);
            assert_eq!(refused.status, 401);
            assert!(refused.text.contains("bad-proxy-secret"), "{}", refused.text);
        }
    }
}

#[test]
fn what_a_client_sends_along_changes_nothing() {
    let Some((door, proxy)) = behind_the_proxy("spoofing through the real oauth2-proxy", false) else { return };
    let mut jane = Browser::new("jane");
    jane.sign_in(proxy.port);
    for spoofed in [
        &[("X-Forwarded-Preferred-Username", "evil")][..],
        &[("X-Forwarded-User", "evil"), ("X-Forwarded-Email", "evil@example.com"), ("X-Forwarded-Groups", "admins")],
        &[("X_Forwarded_Preferred_Username", "evil")],
        &[("X-Stagedoor-Proxy-Secret", "another")],
        &[("X-Forwarded-For", "10.1.2.3"), ("X-Real-IP", "10.1.2.3"), ("Forwarded", "for=10.1.2.3")],
    ] {
        let answer = jane.get(proxy.port, REFRESH, spoofed);
        assert!(answer.status == 200 && answer.text.contains(JANE), "{spoofed:?}: {}\n{}", answer.text, door.log());
    }
    // A client may have the proxy drop what it has set: that is less than nothing.
    for dropped in ["x-stagedoor-proxy-secret", "x-forwarded-preferred-username"] {
        let spoofed = [("Connection", dropped), ("X-Forwarded-Preferred-Username", "evil")];
        let answer = jane.get(proxy.port, REFRESH, &spoofed);
        assert!(matches!(answer.status, 401 | 500) && !answer.text.contains("userEntityRef"), "{dropped}: {}", answer.text);
    }
}

#[test]
fn the_secret_does_not_help_a_peer_that_is_not_trusted() {
    let Some(kit) = Kit::prepared("the real oauth2-proxy at an address that is not trusted") else { return };
    let door = door(&CONFIG.replace("trust: {", "trust: { peers: [192.0.2.1],"), false);
    let proxy = kit.start(&door.place, &door.directory.path().join("secret"));
    let mut jane = Browser::new("jane");
    jane.sign_in(proxy.port);
    let refused = jane.get(proxy.port, REFRESH, &[]);
    assert_eq!(refused.status, 401);
    assert!(refused.text.contains("untrusted-peer"), "{}", refused.text);
}

/// What the warning about such a file says.
#[test]
fn a_secret_file_that_ends_with_a_newline_makes_every_request_a_502_at_the_proxy() {
    let Some(kit) = Kit::prepared("a secret file with a newline in the real oauth2-proxy") else { return };
    let door = door(CONFIG, false);
    let file = door.directory.path().join("secret-with-newline");
    fs::write(&file, format!("{SECRET}\n")).unwrap();
    let proxy = kit.start(&door.place, &file);
    let mut jane = Browser::new("jane");
    jane.sign_in(proxy.port);
    assert_eq!(jane.get(proxy.port, REFRESH, &[]).status, 502);
}
