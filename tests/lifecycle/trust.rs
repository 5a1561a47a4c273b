//! A secret besides the address: what is configured must all hold, and nothing of it is shown.

use stagedoor_tests::door::{Door, Settings};

use crate::REFRESH;

const SECRET: &str = "a-secret-of-this-test";
const NEXT: &str = "the-next-one-of-this-test";

const CONFIG: &str = "backend: { baseUrl: 'https://x' }\nstagedoor: { trust: { sharedSecret: { values: [{ $file: secret }, { $file: next }] } } }";

fn with_a_secret(unix: bool) -> Settings<'static> {
    Settings {
        config: CONFIG,
        files: &[("secret", "a-secret-of-this-test\n"), ("next", NEXT)],
        environment: &[("LOG_LEVEL", "trace")],
        unix,
        ..Settings::default()
    }
}

#[test]
fn without_the_secret_nobody_speaks_whoever_they_are() {
    for unix in [false, true] {
        let mut door = Door::ready(&with_a_secret(unix));
        let sent = |secrets: &[&str]| {
            let mut headers = vec![("x-forwarded-user", "alice")];
            headers.extend(secrets.iter().map(|secret| ("X-Stagedoor-Proxy-Secret", *secret)));
            door.get(REFRESH, &headers)
        };
        assert!(sent(&[SECRET]).is_alice(), "{}", door.log());
        assert!(sent(&[NEXT]).is_alice(), "both count while they are exchanged");
        for wrong in [&[][..], &["A-secret-of-this-test"], &[SECRET, SECRET], &[SECRET, "x"], &["a-secret-of-this-test,the-next-one-of-this-test"]] {
            let refused = sent(wrong);
            assert_eq!(refused.status, 401, "{wrong:?}");
            assert!(refused.text.contains(r#""code":"bad-proxy-secret""#), "{}", refused.text);
        }
        assert_eq!(door.get("/api/auth/.well-known/jwks.json", &[]).status, 200, "keys are for everybody");
        let log = door.terminated();
        assert!(log.contains("x-stagedoor-proxy-secret is missing") && log.contains("ends with a newline"), "{log}");
        let decisions = log.lines().filter(|line| line.contains(r#""target":"audit""#));
        assert!(decisions.filter(|line| line.contains("bad-proxy-secret")).all(|line| line.contains(r#""attempts":"""#)), "no resolver ran: {log}");
        assert!(!log.contains(SECRET) && !log.contains(NEXT), "{log}");
    }
}

#[test]
fn the_log_names_the_client_whom_the_proxies_named() {
    let mut door = Door::ready(&Settings { config: "backend: { trustProxy: loopback }", ..Settings::default() });
    assert!(door.get(REFRESH, &[("x-forwarded-user", "alice"), ("x-forwarded-for", "203.0.113.9, 127.0.0.1")]).is_alice());
    let log = door.terminated();
    assert!(log.contains(r#""peer":"127.0.0.1","client":"203.0.113.9""#), "{log}");
}
