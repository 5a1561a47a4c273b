//! One log line for each sign-in, on the target `audit`: the only place where a log names the person.

use std::fmt::{self, Display};

use crate::{
    domain::{
        component_kind::ComponentKind,
        decision::{Attempt, Decision, Outcome},
        error::ErrorCode,
        grant::Power,
        log_text::log_text,
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
        let decided_by = decision.decided_by();
        let resolver = decided_by.map_or("-", |attempt| &*attempt.resolver);
        let digest = decided_by.and_then(|attempt| attempt.digest.as_deref()).unwrap_or("-");
        let attempts = Attempts(&decision.attempts);
        let (peer, client) = (decision.peer, decision.client.map(tracing::field::display));
        match &decision.outcome {
            Outcome::Abandoned => tracing::warn!(
                target: "audit", decision = %id, generation, %peer, client, resolver, digest, %attempts, micros, outcome = "abandoned", "sign-in"
            ),
            Outcome::SignedIn { user, origin, powers } => tracing::info!(
                target: "audit", decision = %id, generation, %peer, client, resolver, digest, %attempts, micros, outcome = "signed-in", origin,
                powers = %Powers(powers), user = %user, "sign-in"
            ),
            Outcome::Refused(error) => tracing::warn!(
                target: "audit", decision = %id, generation, %peer, client, resolver, digest, %attempts, micros, outcome = "refused", status = error.status(),
                error = error.code.map_or(error.name.as_str(), ErrorCode::as_str), blame = error.blame.as_str(), reason = log_text(&error.message),
                cause = error.cause.as_deref().map(log_text).unwrap_or_default(), "sign-in"
            ),
        }
    }
}

/// The powers that changed the answer, or a dash.
struct Powers<'a>(&'a [Power]);

impl Display for Powers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, others)) = self.0.split_first() else { return f.write_str("-") };
        first.fmt(f)?;
        others.iter().try_for_each(|power| write!(f, " {power}"))
    }
}

/// Hex digits of a digest that tell one component from another; the digest of the one that decided stands in the line as a whole.
const SHORT_DIGEST: usize = 12;

/// What each component was, used up, looked up and ran into: `corpUser(0f3c5d2a9b41 1114112B entity-ref=0 NotFoundError) ownership:teams(…)`.
struct Attempts<'a>(&'a [Attempt]);

impl Display for Attempts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, attempt) in self.0.iter().enumerate() {
            let gap = if position == 0 { "" } else { " " };
            let digest = attempt.digest.as_deref().map_or("-", |digest| digest.strip_prefix("sha256:").unwrap_or(digest));
            let digest = digest.get(..SHORT_DIGEST).unwrap_or(digest);
            f.write_str(gap)?;
            if attempt.kind != ComponentKind::Resolver {
                write!(f, "{}:", attempt.kind.word())?;
            }
            write!(f, "{}({digest} {}B", attempt.resolver, attempt.memory)?;
            for look_up in &attempt.look_ups {
                write!(f, " {look_up}")?;
            }
            for (table, revision) in &attempt.tables {
                write!(f, " table:{table}={revision}")?;
            }
            for call in &attempt.http_calls {
                write!(f, " {call}")?;
            }
            for (power, times) in &attempt.refusals {
                write!(f, " refused:{power}={times}")?;
            }
            for header in &attempt.shown {
                write!(f, " shown:{header}")?;
            }
            for (token, error) in &attempt.failed_tokens {
                write!(f, " token:{token}={error}")?;
            }
            for (key, value) in &attempt.annotations {
                write!(f, " {key}={value:?}")?;
            }
            if attempt.log_lines > 0 {
                write!(f, " {} log lines", attempt.log_lines)?;
            }
            if let Some(error) = attempt.error {
                write!(f, " {error}")?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}
