//! `serve` in a process of its own: from start to SIGTERM.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use stagedoor_tests::logs;

use crate::run::{Ran, Sandbox, assert_shown, config};

pub(crate) const REFRESH: &str = "/api/auth/oauth2Proxy/refresh";

pub(crate) const ORGANISATION: &str =
    "kind: User\napiVersion: backstage.io/v1alpha1\nmetadata: { name: alice }\nspec: { profile: { email: alice@example.com }, memberOf: [staff] }\n";

/// A running server; killed if the test ends without having stopped it.
pub(crate) struct Serving {
    child: Child,
    pub(crate) banner: String,
    address: String,
}

impl Serving {
    /// Starts and reads the banner, whose first line names the address.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines();
        let mut banner = String::new();
        for line in lines.by_ref() {
            let line = line.expect("UTF-8");
            banner.push_str(&line);
            banner.push('\n');
            if line.trim_start().starts_with("try ") {
                break;
            }
        }
        let (_, address) = banner.split_once("http://").unwrap_or_else(|| panic!("{banner}"));
        let address = address.lines().next().unwrap_or_default().to_owned();
        Self { child, banner, address }
    }

    pub(crate) fn get(&self, path: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\n{headers}connection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends a signal, by its name without `SIG`.
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
    }

    /// SIGTERM; the exit code and everything it wrote to stdout.
    pub(crate) fn terminate(mut self) -> (Option<i32>, String) {
        self.signal("TERM");
        let mut logs = String::new();
        self.child.stdout.take().expect("stdout").read_to_string(&mut logs).unwrap();
        logs::assert_clean(&logs);
        (self.child.wait().unwrap().code(), logs)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn sandbox() -> Sandbox {
    let more = "catalog: { locations: [{ type: file, target: ./org.yaml }] }\nstagedoor: { listen: 127.0.0.1:0 }";
    Sandbox::new(&[("app-config.yaml", &config("forwardedUserMatchingUserEntityName", more)), ("org.yaml", ORGANISATION)])
}

#[test]
fn a_server_starts_answers_and_stops() {
    let sandbox = sandbox();
    let started = Instant::now();
    let server = Serving::start(&mut sandbox.command(&["serve"]));
    let ready = server.get("/.backstage/health/v1/readiness", "");
    println!("from start to ready: {} ms (debug build, compile cache as other tests left it)", started.elapsed().as_millis());
    assert!(ready.starts_with("HTTP/1.1 200") && ready.ends_with(r#"{"status":"ok"}"#), "{ready}");
    let answer = server.get(REFRESH, "x-forwarded-user: alice\r\n");
    assert!(answer.contains(r#""userEntityRef":"user:default/alice""#), "{answer}");

    let port = server.address.rsplit(':').next().unwrap();
    assert_shown!("banner", server.banner.replace(&format!(":{port}"), ":[port]"));

    let second = Ran::of(sandbox.command(&["serve"]).env("APP_CONFIG_stagedoor_listen", &server.address));
    assert_eq!(second.code, Some(69), "{second}");

    let (code, _) = server.terminate();
    assert_eq!(code, Some(0));
}

#[cfg(unix)]
#[test]
fn a_hang_up_ends_nothing() {
    let sandbox = sandbox();
    let server = Serving::start(&mut sandbox.command(&["serve"]));
    server.signal("HUP");
    std::thread::sleep(Duration::from_millis(200));
    assert!(server.get("/.backstage/health/v1/readiness", "").starts_with("HTTP/1.1 200"));
    let (code, log) = server.terminate();
    assert_eq!(code, Some(0));
    assert!(log.contains("cannot reload"), "{log}");
}

#[test]
fn every_decision_is_one_line_of_json_and_no_line_holds_a_token() {
    let sandbox = sandbox();
    let server = Serving::start(sandbox.command(&["serve"]).env("LOG_LEVEL", "trace"));
    let secrets = "authorization: Bearer s3cret-a\r\ncookie: session=s3cret-b\r\nx-forwarded-access-token: s3cret-c\r\n\
         x-oauth2-proxy-id-token: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJzM2NyZXQtZCJ9.c2ln\r\nx-other: s3cret-e\r\n";
    let answer = server.get(REFRESH, &format!("x-forwarded-user: alice\r\n{secrets}"));
    let body: serde_json::Value = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let token = body["backstageIdentity"]["token"].as_str().unwrap().to_owned();
    let refused = server.get(REFRESH, secrets);
    server.get("/api/auth/v1/userinfo", &format!("authorization: Bearer {token}\r\n"));
    let (_, logs) = server.terminate();
    for answer in [&answer, &refused] {
        let id = answer.lines().find_map(|line| line.strip_prefix("stagedoor-decision: ")).expect("a decision id");
        let lines: Vec<_> = logs.lines().filter(|line| line.contains(id)).collect();
        let [line] = lines[..] else { panic!("one line for decision {id}: {lines:?}") };
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
    let signature = token.rsplit('.').next().unwrap();
    for secret in ["s3cret-", "eyJzdWIiOiJzM2NyZXQtZCJ9", "czNjcmV0", signature, &token] {
        assert!(!logs.contains(secret), "{secret} in:\n{logs}");
    }
}

#[test]
fn serving_as_somebody_makes_every_request_theirs() {
    let sandbox = sandbox();
    let server = Serving::start(&mut sandbox.command(&["serve", "--as", "alice"]));
    for headers in ["", "x-forwarded-user: mallory\r\nx_forwarded_user: mallory\r\n"] {
        let answer = server.get(REFRESH, headers);
        assert!(answer.contains(r#""userEntityRef":"user:default/alice""#), "{answer}");
        assert!(answer.contains(r#"{"email":"alice@example.com","displayName":"alice"}"#), "{answer}");
    }
    assert_eq!(server.terminate().0, Some(0));
}
