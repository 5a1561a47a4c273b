//! What no line of a log may hold, in no test: a token, a credential, an e-mail address. Whatever starts a server of the tests looks at what it logged.
//!
//! The subject of a sign-in is the one exception: it stands in the line on the target `audit`, in the field `user`, and a real one may be an address.

use std::{
    io,
    sync::{Arc, LazyLock, Mutex, Once, PoisonError},
    thread,
};

use regex::Regex;
use serde_json::Value;
use tracing_subscriber::{fmt::MakeWriter, util::SubscriberInitExt};

/// The beginning of a JWT, a scheme with what it announces, a cookie of oauth2-proxy, an address. A version (`…@0.1.0`) is no address.
static FORBIDDEN: LazyLock<Regex> = LazyLock::new(|| {
    let what = r"eyJ[A-Za-z0-9_-]{10,}|(?i:bearer|basic)\s+[A-Za-z0-9+/_.=-]{8,}|_oauth2_proxy=|[A-Za-z0-9._%+'-]+@[A-Za-z][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+";
    Regex::new(what).expect("the pattern is constant")
});

/// Looks at what a server wrote.
///
/// # Panics
///
/// At the first line that holds what no line may hold.
pub fn assert_clean(log: &str) {
    if thread::panicking() {
        return;
    }
    for line in log.lines() {
        assert!(!FORBIDDEN.is_match(&without_subject(line)), "no log may hold this: {line}");
    }
}

/// The line, or without the person where it is the record of a sign-in.
fn without_subject(line: &str) -> String {
    match serde_json::from_str(line) {
        Ok(Value::Object(mut record)) if record.get("target").is_some_and(|target| target == "audit") => {
            record.remove("user");
            Value::Object(record).to_string()
        }
        _ => line.to_owned(),
    }
}

/// What components say while this future runs on its thread, line by line, and what it gives.
///
/// # Panics
///
/// If a line is no JSON.
pub async fn said_by_components<T>(future: impl Future<Output = T>) -> (T, Vec<String>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(Own(Arc::clone(&lines))).finish();
    let result = {
        let _guard = subscriber.set_default();
        future.await
    };
    let lines = std::mem::take(&mut *lines.lock().unwrap_or_else(PoisonError::into_inner));
    let lines = String::from_utf8_lossy(&lines).into_owned();
    let records = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    let said = records.filter(|record| record["target"] == "resolver").map(|record| record["message"].as_str().unwrap_or_default().to_owned());
    (result, said.collect())
}

/// Lines of one test.
struct Own(Arc<Mutex<Vec<u8>>>);

impl MakeWriter<'_> for Own {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl io::Write for Own {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the servers of this process have logged and nobody has looked at.
static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The logs of this process, looked at when the server that holds this is gone.
pub(crate) struct Logs(());

impl Logs {
    /// From now on they are kept, as `serve` writes them, every level of ours included.
    pub(crate) fn kept() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let lines = tracing_subscriber::fmt().json().flatten_event(true).with_env_filter("debug,stagedoor=trace,audit=info").with_writer(Kept);
            // A test that has a subscriber of its own looks at its lines itself.
            let _ = lines.try_init();
        });
        Self(())
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        let lines = std::mem::take(&mut *LINES.lock().unwrap_or_else(PoisonError::into_inner));
        assert_clean(&String::from_utf8_lossy(&lines));
    }
}

#[derive(Clone, Copy)]
struct Kept;

impl io::Write for Kept {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Kept {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_log_may_hold_is_found() {
        for line in [
            "token eyJhbGciOiJub25lIn0.e30.",
            "authorization: Bearer 0123456789abcdef",
            "for alice@corp.example",
            "cookie _oauth2_proxy=abc",
            r#"{"target":"audit","reason":"alice@corp.example","user":"user:default/alice"}"#,
            r#"{"target":"other","user":"user:default/alice@corp.example"}"#,
        ] {
            assert!(std::panic::catch_unwind(|| assert_clean(line)).is_err(), "{line}");
        }
        assert_clean(
            "built for stagedoor:resolver/types@0.1.0-dev; bearer of news\n{\"target\":\"audit\",\"user\":\"user:default/alice@corp.example\"}",
        );
    }
}
