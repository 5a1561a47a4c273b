//! The decision record of a case, as people read it.

use std::sync::{Mutex, PoisonError};

use crate::{
    domain::{
        decision::{Decision, Outcome},
        error::{ErrorCode, ErrorName},
        grant::Power,
        log_text::printable,
    },
    ports::decision_log::DecisionLog,
};

/// Keeps the record of one sign-in.
#[derive(Default)]
pub(super) struct Kept(Mutex<Record>);

/// What it said.
#[derive(Default, Clone)]
pub(super) struct Record {
    /// One line a step: what each component did, how it ended, and why.
    pub(super) lines: Vec<String>,
    /// Whether the last resolver that was asked answered not-found, so that there was nobody left to ask.
    pub(super) exhausted: bool,
}

impl Kept {
    pub(super) fn record(&self) -> Record {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl DecisionLog for Kept {
    fn record(&self, decision: &Decision) {
        let mut lines: Vec<_> = decision.attempts.iter().map(ToString::to_string).collect();
        match &decision.outcome {
            Outcome::SignedIn { user, origin, powers } => {
                let by: Vec<_> = std::iter::once(*origin).chain(powers.iter().copied().map(Power::name)).collect();
                lines.push(format!("signed in {user} ({})", by.join(" + ")));
            }
            Outcome::Abandoned => lines.push("abandoned".into()),
            Outcome::Refused(error) => {
                let code = error.code.map(ErrorCode::as_str).map_or(String::new(), |code| format!(" [{code}]"));
                lines.push(printable(&format!("refused {} {}{code}: {}", error.status(), error.name.as_str(), error.message)));
                lines.extend(error.cause.as_deref().map(|cause| printable(&format!("because {cause}"))));
            }
        }
        let not_found = decision.attempts.last().is_some_and(|attempt| attempt.error == Some("NotFoundError"));
        let exhausted = not_found && matches!(&decision.outcome, Outcome::Refused(error) if error.name == ErrorName::Other);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Record { lines, exhausted };
    }
}
