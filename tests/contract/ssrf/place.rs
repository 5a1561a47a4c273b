//! Three servers: one that a component may ask and that means no good, one that nobody may reach, and one that stands for our own listener.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use stagedoor::domain::grant::Power;
use stagedoor_tests::{
    App, KnownNames,
    guests::{Chain, Door},
    stub::{Asked, Reply, Stub},
};

use super::super::{
    http_client::{ALICE, SECRET, redirect},
    refused,
};

const TEN_GB: u64 = 10_000_000_000;

/// How it ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// 400: it makes no sense, and nobody was asked.
    Senseless,
    /// 403: out of bounds, which stands in the record.
    Refused,
    /// 503: bounded.
    Bounded,
}

/// One allowed server, one that nobody may reach, and one that stands for our own listener.
pub(super) struct Place {
    pub(super) allowed: Stub,
    hidden: Stub,
    own: Stub,
    pub(super) app: App,
}

impl Place {
    pub(super) async fn new() -> Self {
        let (hidden, own) = (Stub::start(|_| Reply::Json(200, "{}".into())), Stub::start(|_| Reply::Json(200, "{}".into())));
        let (elsewhere, ours) = (hidden.address.port(), own.address.port());
        let allowed = Stub::start(move |asked: &Asked| hostile(asked, elsewhere, ours));
        let port = allowed.address.port();
        let below = |url: String| json!({ "url": url, "methods": ["GET", "POST"] });
        let own_places = ["127.0.0.1", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", "localhost", "own.test", "six.test", "mapped-own.test"];
        let destinations: Vec<_> = ["127.0.0.1", "api.test", "metadata.test", "mapped.test", "nat.test", "zero.test", "multicast.test", "many.test"]
            .into_iter()
            .map(|host| below(format!("http://{host}:{port}/orgs/")))
            .chain(own_places.into_iter().map(|host| below(format!("http://{host}:{ours}/"))))
            .collect();
        let key = json!({
            "header": { "name": "Authorization", "prefix": "Bearer ", "value": SECRET },
            "destinations": [{ "url": format!("http://127.0.0.1:{port}/orgs/"), "methods": ["GET"] }],
        });
        let config = Chain::of("http_client")
            .grants(json!({ "http-client": { "destinations": destinations, "credentials": ["key"] } }))
            .credential("key", key)
            .limit("httpTimeout", "300ms")
            .config();
        let app = App::start_with(&config, |options| {
            options.names = Arc::new(names());
            options.own_ports.push(ours);
        });
        Self { app: app.await, allowed, hidden, own }
    }

    /// A text about these servers: A is the allowed one, H the hidden one, O our own.
    pub(super) fn text(&self, text: &str) -> String {
        let port = |stub: &Stub| stub.address.port().to_string();
        text.replace("{A}", &port(&self.allowed)).replace("{H}", &port(&self.hidden)).replace("{O}", &port(&self.own))
    }

    /// Makes the request through the real router, and once more where the record can be seen.
    pub(super) async fn check(&self, url: &str, extra: &[(&str, &str)], end: End, rule: &str) {
        let (url, rule) = (self.text(url), self.text(rule));
        let headers = [&[ALICE, ("x-url", &*url)], extra].concat();
        let wanted = match end {
            End::Senseless => (400, "InputError"),
            End::Refused => (403, "NotAllowedError"),
            End::Bounded => (503, "ServiceUnavailableError"),
        };
        let (status, error, message) = refused(&self.app.refresh(&headers).await);
        assert_eq!((status, error.as_str()), wanted, "{headers:?}: {message}");
        let (_, record) = Door::of(&self.app).await.sign_in(&headers).await;
        let told = format!("{message} {}", record.cause.unwrap_or_default());
        assert!(told.contains(&rule), "{headers:?}: {told}");
        assert!(!told.contains("/latest") && !told.contains(SECRET), "{told}");
        let refusals: &[Power] = if end == End::Refused { &[Power::HttpClient] } else { &[] };
        assert_eq!(record.attempts[0].refusals, refusals, "{headers:?}");
    }

    pub(super) fn nobody_was_reached(&self) {
        assert_eq!((self.hidden.calls(), self.own.calls()), (0, 0));
    }
}

fn names() -> KnownNames {
    KnownNames::of(&[
        ("api.test", &["127.0.0.1"]),
        ("metadata.test", &["169.254.169.254"]),
        ("mapped.test", &["::ffff:169.254.169.254"]),
        ("nat.test", &["64:ff9b::a9fe:a9fe"]),
        ("zero.test", &["0.0.0.0", "::"]),
        ("multicast.test", &["224.0.0.1"]),
        // The address that may be contacted is.
        ("many.test", &["169.254.169.254", "127.0.0.1", "fe80::1"]),
        ("localhost", &["::1", "127.0.0.1"]),
        ("own.test", &["127.0.0.1"]),
        ("six.test", &["::1"]),
        ("mapped-own.test", &["::ffff:127.0.0.1"]),
    ])
}

/// What a server answers that is allowed and means no good.
fn hostile(asked: &Asked, hidden: u16, own: u16) -> Reply {
    let head = |rest: &str| format!("HTTP/1.1 200 OK\r\n{rest}").into_bytes();
    match asked.target.strip_prefix("/orgs/").unwrap_or_default() {
        "to-metadata" => redirect(302, "http://169.254.169.254/latest/meta-data/"),
        "to-metadata-name" => {
            redirect(302, &format!("http://metadata.test:{}/orgs/latest", asked.headers.iter().find_map(|line| port_of(line)).unwrap()))
        }
        "to-hidden" => redirect(307, &format!("http://127.0.0.1:{hidden}/")),
        "to-own" => redirect(302, &format!("http://127.0.0.1:{own}/")),
        "to-own-spelt" => redirect(302, &format!("http://0x7f000001:{own}/")),
        "to-user" => redirect(302, "http://user@127.0.0.1/orgs/"),
        "to-file" => redirect(302, "file:///etc/passwd"),
        "up" => redirect(302, "../admin"),
        "up-encoded" => redirect(302, "%2e%2e/admin"),
        "slash-encoded" => redirect(302, "/orgs%2f..%2fadmin"),
        "back" => redirect(302, "\\\\169.254.169.254\\latest"),
        "loop" => redirect(302, "loop"),
        "huge" => Reply::Endless(head(&format!("content-length: {TEN_GB}\r\n\r\n")), vec![b'a'; 1 << 16], Duration::ZERO),
        "huge-unsaid" => Reply::Endless(head("\r\n"), vec![b'a'; 1 << 16], Duration::ZERO),
        "huge-chunked" => {
            let chunk = ["10000\r\n", &"a".repeat(1 << 16), "\r\n"].concat().into_bytes();
            Reply::Endless(head("transfer-encoding: chunked\r\n\r\n"), chunk, Duration::ZERO)
        }
        "slow" => Reply::Endless(head("content-length: 100\r\n\r\n"), b"a".into(), Duration::from_millis(20)),
        "slow-headers" => Reply::Endless(head(""), b"x-a: b\r\n".into(), Duration::from_millis(20)),
        "headers" => Reply::Endless(head(""), b"x-a: b\r\n".repeat(1000), Duration::ZERO),
        "one-header" => Reply::Endless(head("x-a: "), vec![b'a'; 1 << 16], Duration::ZERO),
        "continue" => Reply::Endless(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100), Duration::from_millis(1)),
        "garbage" => Reply::Raw(b"SSH-2.0-OpenSSH\r\n\r\n".into()),
        "hang" => Reply::Hang,
        "short" => Reply::Raw(head("content-length: 100\r\n\r\nonly this")),
        _ => Reply::Json(200, json!({ "headers": asked.headers }).to_string()),
    }
}

/// The port in a line `host: name:port`.
fn port_of(line: &str) -> Option<&str> {
    line.strip_prefix("host: ")?.rsplit_once(':').map(|(_, port)| port)
}
