//! One log line for each sign-in, on the target `audit`: the only place where a log names the person.

use std::fmt::{self, Display};

use crate::{
    domain::{
        decision::{Attempt, Decision, Outcome},
        error::ErrorCode,
    },
    ports::decision_log::DecisionLog,
};

/// Writes decisions to the log.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogLine;

impl DecisionLog for LogLine {
    fn record(&self, decision: &Decision) {
        let micros = u64::try_from(decision.duration.as_micros()).unwrap_or(u64::MAX);
        let (id, generation) = (decision.id, decision.generation);
        let resolver = decision.decided_by().unwrap_or("-");
        let digest = decision.attempts.last().and_then(|attempt| attempt.digest.as_deref()).unwrap_or("-");
        let attempts = Attempts(&decision.attempts);
        match &decision.outcome {
            Outcome::SignedIn { user, origin } => tracing::info!(
                target: "audit", decision = %id, generation, resolver, digest, %attempts, micros, outcome = "signed-in", origin, user = %user, "sign-in"
            ),
            Outcome::Refused(error) => tracing::warn!(
                target: "audit", decision = %id, generation, resolver, digest, %attempts, micros, outcome = "refused", status = error.status(),
                error = error.code.map_or(error.name.as_str(), ErrorCode::as_str), blame = error.blame.as_str(), reason = %error.message,
                cause = error.cause.as_deref().unwrap_or("-"), "sign-in"
            ),
        }
    }
}

/// `corpUser(entity-ref=0 not-found) local(entity-ref=1)`.
struct Attempts<'a>(&'a [Attempt]);

impl Display for Attempts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, attempt) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{}(", attempt.resolver)?;
            let mut gap = "";
            for look_up in &attempt.look_ups {
                write!(f, "{gap}{look_up}")?;
                gap = " ";
            }
            for power in &attempt.refusals {
                write!(f, "{gap}refused:{power}")?;
                gap = " ";
            }
            for (key, value) in &attempt.annotations {
                write!(f, "{gap}{key}={value:?}")?;
                gap = " ";
            }
            if let Some(error) = attempt.error {
                write!(f, "{gap}{error}")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}
