//! `stagedoor.limits`: what one sign-in may use, and how many may run at once.

use std::time::Duration;

use schemars::JsonSchema;

use crate::config::{
    field::Field,
    schema::{ByteSizeSchema, CountSchema, DurationSchema, optional},
};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const GIB: usize = 1 << 30;

/// What one sign-in may use, and how many may run at once.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, transform = optional)]
pub struct LimitsConfig {
    /// The time for one whole sign-in, 10 ms to 1 minute. Live.
    #[schemars(with = "DurationSchema", extend("default" = "2 s"))]
    pub timeout: Duration,
    /// All linear memories of one call of a component together, 1 MiB to 1 GiB. Needs a restart.
    #[schemars(with = "ByteSizeSchema", extend("default" = "64 MiB"))]
    pub memory: usize,
    /// Catalog look-ups of one sign-in, all its components together, 0 to 100. Live.
    #[schemars(with = "CountSchema", extend("default" = 8))]
    pub catalog_lookups: u32,
    /// Requests over HTTP of one sign-in, all its components together, 0 to 100; redirects do not count. Live.
    #[schemars(with = "CountSchema", extend("default" = 4))]
    pub http_calls: u32,
    /// The time for one such request, redirects and its credential included, 10 ms to 1 minute; less than `timeout`. Needs a restart.
    #[schemars(with = "DurationSchema", extend("default" = "1 s"))]
    pub http_timeout: Duration,
    /// Bytes that one call may carry out of a component, and that all answers over HTTP of one sign-in may have, 16 KiB to 64 MiB. Live.
    #[schemars(with = "ByteSizeSchema", extend("default" = "1 MiB"))]
    pub host_call_bytes: usize,
    /// Log lines of one sign-in, each of at most 1 kB, 0 to 1000; further ones are dropped. Live.
    #[schemars(with = "CountSchema", extend("default" = 16))]
    pub log_lines: u32,
    /// The size of a component, 64 KiB to 1 GiB. Live.
    #[schemars(with = "ByteSizeSchema", extend("default" = "64 MiB"))]
    pub component_size: usize,
    /// Sign-ins at once, 1 to 1000; others wait. Needs a restart.
    #[schemars(with = "CountSchema", extend("default" = 128))]
    pub concurrency: usize,
    /// How long a sign-in waits for its turn before it is told to come back, up to 1 minute. Needs a restart.
    #[schemars(with = "DurationSchema", extend("default" = "1 s"))]
    pub queue_timeout: Duration,
    /// How long a stop may take in all, `backend.lifecycle.serverShutdownDelay` included, up to 1 hour; what runs then is cut. Needs a restart.
    #[schemars(with = "DurationSchema", extend("default" = "25 s"))]
    pub shutdown_timeout: Duration,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(2),
            memory: 64 * MIB,
            catalog_lookups: 8,
            http_calls: 4,
            http_timeout: Duration::from_secs(1),
            host_call_bytes: MIB,
            log_lines: 16,
            component_size: 64 * MIB,
            concurrency: 128,
            queue_timeout: Duration::from_secs(1),
            shutdown_timeout: Duration::from_secs(25),
        }
    }
}

impl LimitsConfig {
    pub(super) fn read(field: &Field<'_>) -> Self {
        field.only(&[
            "timeout",
            "memory",
            "catalogLookups",
            "httpCalls",
            "httpTimeout",
            "hostCallBytes",
            "logLines",
            "componentSize",
            "concurrency",
            "queueTimeout",
            "shutdownTimeout",
        ]);
        let default = Self::default();
        let minute = Duration::from_mins(1);
        let read = Self {
            timeout: field.key("timeout").duration(Duration::from_millis(10)..=minute).unwrap_or(default.timeout),
            memory: field.key("memory").bytes(MIB..=GIB).unwrap_or(default.memory),
            catalog_lookups: field.key("catalogLookups").integer(0..=100).unwrap_or(default.catalog_lookups),
            http_calls: field.key("httpCalls").integer(0..=100).unwrap_or(default.http_calls),
            http_timeout: field.key("httpTimeout").duration(Duration::from_millis(10)..=minute).unwrap_or(default.http_timeout),
            host_call_bytes: field.key("hostCallBytes").bytes(16 * KIB..=64 * MIB).unwrap_or(default.host_call_bytes),
            log_lines: field.key("logLines").integer(0..=1000).unwrap_or(default.log_lines),
            component_size: field.key("componentSize").bytes(64 * KIB..=GIB).unwrap_or(default.component_size),
            concurrency: field.key("concurrency").integer(1..=1000).unwrap_or(default.concurrency),
            queue_timeout: field.key("queueTimeout").duration(Duration::ZERO..=minute).unwrap_or(default.queue_timeout),
            shutdown_timeout: field.key("shutdownTimeout").duration(Duration::ZERO..=Duration::from_hours(1)).unwrap_or(default.shutdown_timeout),
        };
        if field.key("httpTimeout").is_set() && read.http_timeout >= read.timeout {
            field.key("httpTimeout").warning("is no less than the timeout of the whole sign-in, so a system that hangs ends each one");
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{
        schema,
        testing::{faults, loaded},
    };

    fn limits(text: &str) -> LimitsConfig {
        loaded(&format!("stagedoor: {{ limits: {text} }}")).stagedoor.limits
    }

    #[test]
    fn each_limit_has_a_default_and_can_be_set() {
        assert_eq!(limits("{}"), LimitsConfig::default());
        let set = limits(
            "{ timeout: 500ms, memory: 128MiB, catalogLookups: 2, httpCalls: 0, httpTimeout: 200ms, hostCallBytes: 500kB, logLines: '4', componentSize: 1048576, concurrency: 1, queueTimeout: { seconds: 0 }, shutdownTimeout: 10s }",
        );
        let expected = LimitsConfig {
            timeout: Duration::from_millis(500),
            memory: 128 * MIB,
            catalog_lookups: 2,
            http_calls: 0,
            http_timeout: Duration::from_millis(200),
            host_call_bytes: 500_000,
            log_lines: 4,
            component_size: MIB,
            concurrency: 1,
            queue_timeout: Duration::ZERO,
            shutdown_timeout: Duration::from_secs(10),
        };
        assert_eq!(set, expected);
    }

    #[test]
    fn the_defaults_of_the_schema_are_the_real_ones() {
        let schema: serde_json::Value = serde_json::from_str(&schema::json()).unwrap();
        let properties = schema.pointer("/properties/stagedoor/properties/limits/properties").unwrap().as_object().unwrap();
        let written: serde_json::Map<_, _> = properties.iter().map(|(key, property)| (key.clone(), property["default"].clone())).collect();
        assert_eq!(limits(&serde_json::Value::from(written).to_string()), LimitsConfig::default());
    }

    #[test]
    fn what_is_out_of_bounds_is_a_fault_each() {
        let text = "stagedoor: { limits: { timeout: 1ms, memory: 2GiB, catalogLookups: 101, hostCallBytes: 1, logLines: -1, componentSize: big, concurrency: 0, queueTimeout: 2, httpCalls: 101, httpTimeout: 2min, retries: 4 } }";
        insta::assert_snapshot!(faults(text), @r#"
        app-config.yaml: stagedoor.limits.retries: unknown key; the keys here are timeout, memory, catalogLookups, httpCalls, httpTimeout, hostCallBytes, logLines, componentSize, concurrency, queueTimeout, shutdownTimeout
        app-config.yaml: stagedoor.limits.timeout: expected a duration from 10ms to 60s, got 1ms
        app-config.yaml: stagedoor.limits.memory: expected a size from 1 MiB to 1 GiB, in bytes or with a unit such as 64MiB, got "2GiB"
        app-config.yaml: stagedoor.limits.catalogLookups: expected a whole number from 0 to 100, got 101
        app-config.yaml: stagedoor.limits.httpCalls: expected a whole number from 0 to 100, got 101
        app-config.yaml: stagedoor.limits.httpTimeout: expected a duration from 10ms to 60s, got 120s
        app-config.yaml: stagedoor.limits.hostCallBytes: expected a size from 16 KiB to 64 MiB, in bytes or with a unit such as 64MiB, got 1
        app-config.yaml: stagedoor.limits.logLines: expected a whole number from 0 to 1000, got -1
        app-config.yaml: stagedoor.limits.componentSize: expected a size from 64 KiB to 1 GiB, in bytes or with a unit such as 64MiB, got "big"
        app-config.yaml: stagedoor.limits.concurrency: expected a whole number from 1 to 1000, got 0
        app-config.yaml: stagedoor.limits.queueTimeout: expected a duration with its unit, such as '15 minutes', PT15M or { minutes: 15 }, got a number
        "#);
    }
}
