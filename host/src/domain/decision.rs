//! The record of one sign-in: who asked whom, what was found, how it ended, whose fault it was. It holds no header and no token.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use super::{
    entity_ref::EntityRef,
    error::{Blame, SignInError},
    grant::Power,
    peer::Peer,
};

/// Names one decision, in the log and in the response header `stagedoor-decision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionId(pub [u8; 16]);

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// What one resolver did.
#[derive(Debug)]
pub struct Attempt {
    /// Name of the resolver in `signIn.resolvers`.
    pub resolver: Arc<str>,
    /// SHA-256 of the component; absent for a rule that is no component.
    pub digest: Option<Arc<str>>,
    /// Catalog look-ups, in order.
    pub look_ups: Vec<LookUp>,
    /// Powers that were asked for and refused, and how often, even if the guest swallowed the refusals.
    pub refusals: Vec<(Power, u32)>,
    /// The names of the sensitive headers that it was shown, never what they hold.
    pub shown: Vec<&'static str>,
    /// What the guest noted down with `decision.annotate`.
    pub annotations: Vec<(String, String)>,
    /// Lines the guest wrote to log, stdout or stderr; further ones were dropped.
    pub log_lines: u32,
    /// The linear memories at their largest, in bytes.
    pub memory: usize,
    /// The name of the error it ended with, if any.
    pub error: Option<&'static str>,
}

impl Attempt {
    /// An attempt that has not done anything yet.
    pub fn new(resolver: Arc<str>, digest: Option<Arc<str>>) -> Self {
        let (look_ups, refusals, shown, annotations) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { resolver, digest, look_ups, refusals, shown, annotations, log_lines: 0, memory: 0, error: None }
    }

    /// Notes that a sensitive header was shown, once.
    pub fn show(&mut self, header: &'static str) {
        if !self.shown.contains(&header) {
            self.shown.push(header);
        }
    }

    /// Notes a refusal. A guest may be refused any number of times: they are counted, not listed.
    pub fn refuse(&mut self, refused: Power) {
        match self.refusals.iter_mut().find(|(power, _)| *power == refused) {
            Some((_, times)) => *times = times.saturating_add(1),
            None => self.refusals.push((refused, 1)),
        }
    }
}

/// One look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookUp {
    /// `entity-ref`, `annotations` or `filter`.
    pub query: &'static str,
    /// How it ended.
    pub outcome: LookUpOutcome,
}

/// How a look-up ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookUpOutcome {
    /// This many users matched; what is more than one is only known to be several.
    Matches(u8),
    /// The catalog could not be asked.
    Failed,
}

impl fmt::Display for LookUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome {
            LookUpOutcome::Matches(count @ 0..=1) => write!(f, "{}={count}", self.query),
            LookUpOutcome::Matches(_) => write!(f, "{}=several", self.query),
            LookUpOutcome::Failed => write!(f, "{}=failed", self.query),
        }
    }
}

/// How the sign-in ended.
#[derive(Debug)]
pub enum Outcome {
    /// A token was issued.
    SignedIn {
        /// For whom.
        user: EntityRef,
        /// `catalog`, `fallback` or `issue-self`.
        origin: &'static str,
        /// What the resolver changed on top: ownership, claims.
        powers: Vec<Power>,
    },
    /// Nobody was signed in.
    Refused(SignInError),
    /// The client went away before there was an answer.
    Abandoned,
}

impl Outcome {
    /// Whose fault a refusal is.
    pub fn blame(&self) -> Option<Blame> {
        match self {
            Self::SignedIn { .. } => None,
            Self::Refused(error) => Some(error.blame),
            Self::Abandoned => Some(Blame::Client),
        }
    }
}

/// The record.
#[derive(Debug)]
pub struct Decision {
    /// Its name.
    pub id: DecisionId,
    /// The generation it ran on.
    pub generation: u64,
    /// Who held the other end of the connection.
    pub peer: Peer,
    /// Whom the proxies in between named as the client, where they are believed.
    pub client: Option<IpAddr>,
    /// The resolvers that were asked, in order; the last one decided.
    pub attempts: Vec<Attempt>,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub duration: Duration,
}

impl Decision {
    /// The resolver that decided.
    pub fn decided_by(&self) -> Option<&str> {
        self.attempts.last().map(|attempt| &*attempt.resolver)
    }
}
