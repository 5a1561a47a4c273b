//! `backend.lifecycle`: how long requests wait for a start, and how long a stop goes on serving.

use std::time::Duration;

use schemars::JsonSchema;

use crate::config::{
    field::Field,
    schema::{DurationSchema, optional},
};

/// How long requests wait for a start, and how long a stop goes on serving.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "camelCase", transform = optional)]
pub struct LifecycleConfig {
    /// How long a request that comes during the start waits for its end before it is answered with 503. Needs a restart.
    #[schemars(with = "DurationSchema", extend("default" = "5 s"))]
    pub startup_request_pause_timeout: Duration,
    /// How long requests are still taken after a signal to stop, so that whoever sends them can learn from the readiness probe. Needs a restart.
    #[schemars(with = "DurationSchema", extend("default" = "5 s"))]
    pub server_shutdown_delay: Duration,
}

impl Default for LifecycleConfig {
    fn default() -> Self {
        let seconds = Duration::from_secs(5);
        Self { startup_request_pause_timeout: seconds, server_shutdown_delay: seconds }
    }
}

impl LifecycleConfig {
    pub(super) fn read(field: &Field<'_>) -> Self {
        let default = Self::default();
        Self {
            startup_request_pause_timeout: field.key("startupRequestPauseTimeout").any_duration().unwrap_or(default.startup_request_pause_timeout),
            server_shutdown_delay: field.key("serverShutdownDelay").any_duration().unwrap_or(default.server_shutdown_delay),
        }
    }

    /// A delay that takes all the time there is leaves none for requests in flight.
    pub(in crate::config) fn check_against(&self, shutdown_timeout: Duration, root: &Field<'_>) {
        if self.server_shutdown_delay >= shutdown_timeout {
            let message = format!(
                "must be shorter than stagedoor.limits.shutdownTimeout, which is {shutdown_timeout:?} and includes it, or requests in flight would be cut"
            );
            // Where only the timeout was written, the fault is there.
            let delay = root.key("backend").key("lifecycle").key("serverShutdownDelay");
            if delay.is_set() {
                delay.error::<()>(message);
            } else {
                let message = format!("must be longer than backend.lifecycle.serverShutdownDelay, which is {:?}", self.server_shutdown_delay);
                root.key("stagedoor").key("limits").key("shutdownTimeout").error::<()>(message);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{faults, loaded};

    #[test]
    fn backstages_keys_in_backstages_notations() {
        assert_eq!(loaded("{}").backend.lifecycle, LifecycleConfig::default());
        let config = loaded("backend: { lifecycle: { startupRequestPauseTimeout: PT1S, serverShutdownDelay: { seconds: 0 } } }").backend.lifecycle;
        assert_eq!((config.startup_request_pause_timeout, config.server_shutdown_delay), (Duration::from_secs(1), Duration::ZERO));
    }

    #[test]
    fn a_delay_leaves_time_for_requests_in_flight() {
        insta::assert_snapshot!(faults("backend: { lifecycle: { serverShutdownDelay: 25s } }"), @"app-config.yaml: backend.lifecycle.serverShutdownDelay: must be shorter than stagedoor.limits.shutdownTimeout, which is 25s and includes it, or requests in flight would be cut");
        insta::assert_snapshot!(faults("stagedoor: { limits: { shutdownTimeout: 3s } }"), @"app-config.yaml: stagedoor.limits.shutdownTimeout: must be longer than backend.lifecycle.serverShutdownDelay, which is 5s");
        loaded("backend: { lifecycle: { serverShutdownDelay: 1m } }\nstagedoor: { limits: { shutdownTimeout: 90s } }");
    }
}
