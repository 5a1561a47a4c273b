//! `backend.server`: Backstage's timeouts of its HTTP server, as far as they mean something here.

use std::time::Duration;

use schemars::{JsonSchema, json_schema};

use crate::config::{field::Field, schema::DurationSchema, tree::Value};

const LEAST: Duration = Duration::from_millis(100);
const MOST: Duration = Duration::from_hours(1);

/// What a connection may take its time for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerConfig {
    /// `headersTimeout`: how long the headers of a request may take, and a connection to bring its first one.
    pub headers_timeout: Duration,
    /// `keepAliveTimeout`: how long a connection may rest between two requests of HTTP/1.
    pub keep_alive_timeout: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        let seconds = Duration::from_secs(10);
        Self { headers_timeout: seconds, keep_alive_timeout: seconds }
    }
}

impl ServerConfig {
    pub(super) fn read(field: &Field<'_>) -> Self {
        for (key, instead) in [
            ("requestTimeout", "a request's headers are bounded by headersTimeout, and no body is waited for longer than that"),
            ("timeout", "a connection that rests is bounded by keepAliveTimeout"),
            ("maxHeadersCount", "more than 200 header lines are refused"),
            ("maxRequestsPerSocket", "a connection may bring any number of requests"),
        ] {
            if field.key(key).is_set() {
                field.key(key).warning(&format!("is not read here: {instead}"));
            }
        }
        let default = Self::default();
        Self {
            headers_timeout: timeout(&field.key("headersTimeout")).unwrap_or(default.headers_timeout),
            keep_alive_timeout: timeout(&field.key("keepAliveTimeout")).unwrap_or(default.keep_alive_timeout),
        }
    }
}

/// As in Backstage, a number counts milliseconds here and nowhere else.
fn timeout(field: &Field<'_>) -> Option<Duration> {
    let read = match field.value()? {
        Value::Number(number) => number.as_u64().map(Duration::from_millis).or_else(|| field.expected("milliseconds or a duration"))?,
        _ => field.any_duration()?,
    };
    let within = (LEAST..=MOST).contains(&read).then_some(read);
    within.or_else(|| field.error(format!("expected a duration from {LEAST:?} to {MOST:?}, or as many milliseconds, got {read:?}")))
}

impl JsonSchema for ServerConfig {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Server".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let duration = generator.subschema_for::<DurationSchema>();
        let timeout = |description: &str| json_schema!({ "description": description, "default": "10 s", "anyOf": [{ "type": "integer" }, duration] });
        json_schema!({
            "type": "object",
            "description": "Timeouts of connections; a number counts milliseconds.",
            "properties": {
                "headersTimeout": timeout("How long the headers of a request may take, and a connection to bring its first one. Needs a restart."),
                "keepAliveTimeout": timeout("How long a connection of HTTP/1 may rest between two requests; the longer of the two counts for both. Needs a restart."),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{faults, loaded};

    #[test]
    fn a_number_counts_milliseconds() {
        let server = |text: &str| loaded(&format!("backend: {{ server: {text} }}")).backend.server;
        assert_eq!(server("~"), ServerConfig::default());
        let expected = ServerConfig { headers_timeout: Duration::from_mins(1), keep_alive_timeout: Duration::from_secs(65) };
        assert_eq!(server("{ headersTimeout: 60000, keepAliveTimeout: { seconds: 65 } }"), expected);
        insta::assert_snapshot!(faults("backend: { server: { headersTimeout: 1, keepAliveTimeout: 2h } }"), @r"
        app-config.yaml: backend.server.headersTimeout: expected a duration from 100ms to 3600s, or as many milliseconds, got 1ms
        app-config.yaml: backend.server.keepAliveTimeout: expected a duration from 100ms to 3600s, or as many milliseconds, got 7200s
        ");
    }

    #[test]
    fn what_is_not_read_is_told() {
        let warnings = loaded("backend: { server: { requestTimeout: 1000, timeout: 1, maxHeadersCount: 0, maxRequestsPerSocket: 1 } }").warnings;
        assert_eq!(warnings.len(), 4);
        assert!(warnings.iter().all(|warning| warning.contains("is not read here")), "{warnings:?}");
    }
}
