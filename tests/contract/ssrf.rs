//! What a component, or a server that it may ask, tries so that a request goes where it should not, or does not end: each refused or bounded, with a
//! cause that says which rule.

mod place;

use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::json;
use stagedoor::ports::{BoxFuture, names::Names};
use stagedoor_tests::{
    App,
    guests::{Chain, Door},
    stub::{Asked, Reply, Stub},
};

use place::{
    End::{Bounded, Refused, Senseless},
    Place,
};

use super::http_client::{ALICE, SECRET};

#[tokio::test]
async fn where_it_may_go_it_goes() {
    let place = Place::new().await;
    for url in
        ["http://127.0.0.1:{A}/orgs/a", "http://api.test:{A}/orgs/?q=../admin", "http://API.test:{A}/orgs/a%20b", "http://many.test:{A}/orgs/a"]
    {
        let answer = place.app.refresh(&[ALICE, ("x-url", &place.text(url))]).await;
        assert!(answer.user().is_some(), "{url}: {answer:?}");
    }
}

#[tokio::test]
async fn a_url_that_could_mean_two_things_is_refused() {
    let place = Place::new().await;
    for (url, rule) in [
        ("http://user@127.0.0.1:{A}/orgs/a", "the URL names a user"),
        ("http://127.0.0.1:{A}@169.254.169.254/orgs/a", "the URL names a user"),
        ("http://2130706433:{A}/orgs/a", "spells the address 127.0.0.1 in another way"),
        ("http://0x7f000001:{A}/orgs/a", "spells the address 127.0.0.1 in another way"),
        ("http://0177.0.0.1:{A}/orgs/a", "spells the address 127.0.0.1 in another way"),
        ("http://127.1:{A}/orgs/a", "spells the address 127.0.0.1 in another way"),
        ("http://2852039166/latest", "spells the address 169.254.169.254 in another way"),
        ("http://127.0.0.1:{A}/orgs/../admin", "a segment of dots in its path"),
        ("http://127.0.0.1:{A}/orgs/%2e%2e/admin", "a segment of dots in its path"),
        ("http://127.0.0.1:{A}/orgs/%252E%252e/admin", "a segment of dots in its path"),
        ("http://127.0.0.1:{A}/orgs/..;/admin", "a segment of dots in its path"),
        ("http://127.0.0.1:{A}/orgs/..%2fadmin", "an encoded slash in its path"),
        ("http://127.0.0.1:{A}/orgs//admin", "an empty segment in its path"),
        ("http://127.0.0.1:{A}//admin", "an empty segment in its path"),
        ("http://127.0.0.1:{A}/orgs/..\\admin", "holds a backslash"),
        ("http://127.0.0.1:{A}\\@api.test/orgs/", "holds a backslash"),
        ("http://127.0.0.1:{A}/orgs/␍␊x", "holds a blank or a control character"),
        ("http://127.0.0.1:{A}/orgs/a␠HTTP/1.1", "holds a blank or a control character"),
        ("http://127.0.0.1:{A}/orgs/#@169.254.169.254", "has a fragment"),
        ("//127.0.0.1:{A}/orgs/", "does not begin with http:// or https://"),
        ("file:///etc/passwd", "does not begin with http:// or https://"),
        ("gopher://127.0.0.1:{A}/orgs/", "does not begin with http:// or https://"),
        ("", "does not begin with http:// or https://"),
        ("http://[fe80::1%25eth0]/orgs/", "the URL"),
    ] {
        place.check(url, &[], Senseless, rule).await;
    }
    assert_eq!(place.allowed.calls(), 0, "nobody was asked");
}

#[tokio::test]
async fn a_place_that_is_not_allowed_is_refused() {
    let place = Place::new().await;
    for (url, extra, rule) in [
        ("https://127.0.0.1:{A}/orgs/a", &[][..], "https://127.0.0.1:{A} is none of the destinations"),
        ("http://127.0.0.1:{H}/orgs/a", &[], "http://127.0.0.1:{H} is none of the destinations"),
        ("http://127.0.0.1/orgs/a", &[], "http://127.0.0.1:80 is none of the destinations"),
        ("http://127.0.0.9:{A}/orgs/a", &[], "http://127.0.0.9:{A} is none of the destinations"),
        ("http://[::ffff:127.0.0.1]:{A}/orgs/a", &[], "http://[::ffff:7f00:1]:{A} is none of the destinations"),
        ("http://169.254.169.254/latest/meta-data/", &[], "http://169.254.169.254:80 is none of the destinations"),
        ("http://[::ffff:169.254.169.254]/latest", &[], "http://[::ffff:a9fe:a9fe]:80 is none of the destinations"),
        ("http://api.test.:{A}/orgs/a", &[], "http://api.test.:{A} is none of the destinations"),
        ("http://api.test.evil.example:{A}/orgs/a", &[], "http://api.test.evil.example:{A} is none of the destinations"),
        ("http://127.0.0.1:{A}/admin", &[], "the path is not within the destinations at http://127.0.0.1:{A}"),
        ("http://127.0.0.1:{A}/orgs", &[], "the path is not within the destinations at http://127.0.0.1:{A}"),
        ("http://127.0.0.1:{A}/orgsx/a", &[], "the path is not within the destinations at http://127.0.0.1:{A}"),
        ("http://127.0.0.1:{A}/ORGS/a", &[], "the path is not within the destinations at http://127.0.0.1:{A}"),
        ("http://127.0.0.1:{A}/orgs/a", &[("x-method", "DELETE")], "DELETE is none of the methods for this path at http://127.0.0.1:{A}"),
        ("http://127.0.0.1:{A}/orgs/a", &[("x-method", "CONNECT")], "CONNECT is none of the methods for this path at http://127.0.0.1:{A}"),
        ("http://127.0.0.1:{A}/orgs/a", &[("x-credential", "nobody's")], "\"nobody's\" is none of the credentials"),
        (
            "http://api.test:{A}/orgs/a",
            &[("x-credential", "key")],
            "the credential \"key\" may not go there: http://api.test:{A} is none of the destinations",
        ),
    ] {
        place.check(url, extra, Refused, rule).await;
    }
    assert_eq!(place.allowed.calls(), 0, "nobody was asked");
}

#[tokio::test]
async fn a_name_that_leads_astray_is_not_followed() {
    let place = Place::new().await;
    for (host, rule) in [
        ("metadata.test", "metadata.test is 169.254.169.254, a link-local address, which is never contacted"),
        ("mapped.test", "mapped.test is ::ffff:169.254.169.254, a link-local address, which is never contacted"),
        ("nat.test", "nat.test is 64:ff9b::a9fe:a9fe, a link-local address, which is never contacted"),
        ("zero.test", ", an unspecified address, which is never contacted"),
        ("multicast.test", "multicast.test is 224.0.0.1, a multicast address, which is never contacted"),
    ] {
        place.check(&format!("http://{host}:{{A}}/orgs/a"), &[], Refused, rule).await;
    }
    assert_eq!(place.allowed.calls(), 0, "nobody was asked");
}

/// Another answer each time.
struct Rebinding(AtomicUsize);

impl Names for Rebinding {
    fn look_up<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let address = if self.0.fetch_add(1, Ordering::SeqCst) == 0 { "127.0.0.1" } else { "169.254.169.254" };
        Box::pin(async move { Ok(vec![address.parse().expect("an address")]) })
    }
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_checked_at_each_connection() {
    // It closes its connections, so the second request needs a new one.
    let stub = Stub::start(|_| Reply::Raw(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}".into()));
    let base = format!("http://rebinding.test:{}/", stub.address.port());
    let grants = json!({ "http-client": { "destinations": [{ "url": base, "methods": "GET" }], "credentials": [] } });
    let names = Arc::new(Rebinding(AtomicUsize::new(0)));
    let app = App::start_with(&Chain::of("http_client").grants(grants).config(), |options| options.names = names).await;
    let (result, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-url", &base), ("x-times", "2")]).await;
    assert!(result.is_err());
    assert_eq!(record.attempts[0].http_calls, ["http:rebinding.test=200", "http:rebinding.test=refused"]);
    assert!(record.cause.unwrap().starts_with("rebinding.test is 169.254.169.254, a link-local address"));
    assert_eq!(stub.calls(), 1);
}

#[tokio::test]
async fn our_own_listener_is_not_reached_by_any_spelling() {
    let place = Place::new().await;
    for host in ["127.0.0.1", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", "localhost", "own.test", "six.test", "mapped-own.test"] {
        place
            .check(
                &format!("http://{host}:{{O}}/api/auth/oauth2Proxy/refresh"),
                &[],
                Refused,
                "this server listens on that port: it is never contacted",
            )
            .await;
    }
    for url in ["http://0.0.0.0:{O}/", "http://[::]:{O}/", "http://[::127.0.0.1]:{O}/"] {
        place.check(url, &[], Refused, "is none of the destinations").await;
    }
    place.nobody_was_reached();
}

#[tokio::test]
async fn a_redirect_leads_nowhere_else() {
    let place = Place::new().await;
    for (path, rule) in [
        ("to-metadata", "a redirect of http://127.0.0.1:{A}: http://169.254.169.254:80 is none of the destinations"),
        ("to-metadata-name", "metadata.test is 169.254.169.254, a link-local address, which is never contacted"),
        ("to-hidden", "a redirect of http://127.0.0.1:{A}: http://127.0.0.1:{H} is none of the destinations"),
        ("to-own", "127.0.0.1 is 127.0.0.1, which is this machine, and this server listens on that port"),
        ("to-own-spelt", "127.0.0.1 is 127.0.0.1, which is this machine, and this server listens on that port"),
        ("to-user", "a redirect of http://127.0.0.1:{A}: the URL names a user"),
        ("to-file", "a redirect of http://127.0.0.1:{A}: the URL does not begin with http:// or https://"),
        ("up", "a redirect of http://127.0.0.1:{A}: the path is not within the destinations"),
        ("up-encoded", "a redirect of http://127.0.0.1:{A}: the path is not within the destinations"),
        ("slash-encoded", "a redirect of http://127.0.0.1:{A}: the URL has an encoded slash in its path"),
        ("back", "a redirect of http://127.0.0.1:{A}: the URL holds a backslash"),
    ] {
        place.check(&format!("http://127.0.0.1:{{A}}/orgs/{path}"), &[("x-credential", "key")], Refused, rule).await;
    }
    place.check("http://127.0.0.1:{A}/orgs/loop", &[], Bounded, "more than 5 redirects").await;
    place.nobody_was_reached();
    assert!(place.allowed.asked().iter().filter(|asked| asked.target.ends_with("loop")).count() == 2 * 6, "one request and five redirects, twice");
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_cut_off() {
    let place = Place::new().await;
    for (path, rule) in [
        ("huge", "the answer is larger than the 1048"),
        ("huge-unsaid", "the answer is larger than the 1048"),
        ("huge-chunked", "the answer is larger than the 1048"),
        ("slow", "no answer within 300ms (stagedoor.limits.httpTimeout)"),
        ("slow-headers", "no answer within 300ms (stagedoor.limits.httpTimeout)"),
        ("hang", "no answer within 300ms (stagedoor.limits.httpTimeout)"),
        ("continue", "no answer within 300ms (stagedoor.limits.httpTimeout)"),
        ("headers", "the connection broke: "),
        ("one-header", "the connection broke: "),
        ("garbage", "the connection broke: "),
        ("short", "the answer broke off: "),
    ] {
        place.check(&format!("http://127.0.0.1:{{A}}/orgs/{path}"), &[], Bounded, rule).await;
    }
}

#[tokio::test]
async fn other_headers_than_the_listed_ones_are_refused() {
    let place = Place::new().await;
    for (header, rule) in [
        ("Host:169.254.169.254", "a component sets no header Host, but only accept"),
        ("Authorization:Bearer x", "a component sets no header Authorization, but only accept"),
        ("Cookie:a=b", "a component sets no header Cookie, but only accept"),
        ("Connection:close, x-a", "a component sets no header Connection, but only accept"),
        ("Proxy-Authorization:x", "a component sets no header Proxy-Authorization, but only accept"),
        ("Transfer-Encoding:chunked", "a component sets no header Transfer-Encoding, but only accept"),
        ("Content-Length:7", "a component sets no header Content-Length, but only accept"),
        ("content_length:7", "a component sets no header content_length, but only accept"),
        ("TE:trailers", "a component sets no header TE, but only accept"),
        ("Upgrade:h2c", "a component sets no header Upgrade, but only accept"),
        ("X-Forwarded-User:root", "a component sets no header X-Forwarded-User, but only accept"),
        ("x_forwarded_user:root", "a component sets no header x_forwarded_user, but only accept"),
        ("X-Forwarded-For:127.0.0.1", "a component sets no header X-Forwarded-For, but only accept"),
        ("Impersonate-User:root", "a component sets no header Impersonate-User, but only accept"),
        ("X-HTTP-Method:DELETE", "a component sets no header X-HTTP-Method, but only accept"),
        ("Accept-Encoding:gzip", "a component sets no header Accept-Encoding, but only accept"),
        ("accept:b␍␊authorization: x", "the value of the header accept is no line of ASCII"),
        ("accept:b␊x-b: c", "the value of the header accept is no line of ASCII"),
        ("x-a␍␊x-b:c", "a header has a name that none can have"),
        (" host:x", "a header has a name that none can have"),
    ] {
        place.check("http://127.0.0.1:{A}/orgs/a", &[("x-header", header)], Senseless, rule).await;
    }
    place.check("http://127.0.0.1:{A}/orgs/a", &[("x-method", "get")], Senseless, "the method is no word in upper case").await;
    place.check("http://127.0.0.1:{A}/orgs/a", &[("x-method", "GET␠/admin")], Senseless, "the method is no word in upper case").await;
    place.check("http://127.0.0.1:{A}/orgs/a", &[("x-body", "x")], Senseless, "a GET has no body").await;
    assert_eq!(place.allowed.calls(), 0, "nobody was asked");
}

#[cfg(unix)]
#[test]
fn a_running_server_does_not_ask_itself_and_writes_no_secret_down() {
    use stagedoor_tests::{backstage::free_port, door, guests};

    let echo = Stub::start(|asked: &Asked| Reply::Json(200, json!({ "headers": asked.headers }).to_string()));
    let (listen, port) = (free_port(), echo.address.port());
    let config = json!({
        "auth": { "providers": { "oauth2Proxy": { "signIn": { "resolvers": [{ "resolver": "asks" }] } } } },
        "stagedoor": {
            "components": { "asks": {
                "source": guests::path("http_client"),
                "grants": { "http-client": {
                    "destinations": [
                        { "url": format!("http://localhost:{listen}/"), "methods": "GET" },
                        { "url": format!("http://127.0.0.1:{listen}/"), "methods": "GET" },
                        { "url": format!("http://127.0.0.1:{port}/"), "methods": "GET" },
                    ],
                    "credentials": ["key", "caller"],
                } },
            } },
            "credentials": {
                "key": {
                    "header": { "name": "X-Api-Key", "value": { "$file": "secret" } },
                    "destinations": [{ "url": format!("http://127.0.0.1:{port}/"), "methods": "GET" }],
                },
                "caller": {
                    "requestHeader": "x-forwarded-access-token",
                    "destinations": [{ "url": format!("http://127.0.0.1:{port}/"), "methods": "GET" }],
                },
            },
        },
    });
    let environment = [("APP_CONFIG_stagedoor_listen", &*format!("0.0.0.0:{listen}")), ("LOG_LEVEL", "debug")];
    let settings = door::Settings {
        config: &config.to_string(),
        files: &[("secret", "hunter2-hunter2\n")],
        environment: &environment,
        port: Some(listen),
        ..door::Settings::default()
    };
    let mut server = door::Door::ready(&settings);
    let refresh = |headers: &[(&str, &str)]| server.get("/api/auth/oauth2Proxy/refresh", &[&[ALICE, ("x-leak", "yes")], headers].concat());
    for host in ["localhost", "127.0.0.1"] {
        let answer = refresh(&[("x-url", &format!("http://{host}:{listen}/api/auth/oauth2Proxy/refresh"))]);
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    let echoing = format!("http://127.0.0.1:{port}/");
    for (credential, line) in [("key", "x-api-key: ***"), ("caller", "authorization: bearer ***")] {
        let headers = [("x-url", &*echoing), ("x-credential", credential), ("x-forwarded-access-token", "opaque-token-of-alice")];
        let answer = refresh(&headers);
        assert!(answer.status == 200 && answer.text.contains(line), "{answer:?}");
    }
    let log = server.terminated();
    assert!(log.contains("this server listens on that port") && log.contains("http:127.0.0.1=200"), "{log}");
    for secret in [SECRET, "opaque-token-of-alice"] {
        assert!(!log.contains(secret), "{log}");
    }
}
