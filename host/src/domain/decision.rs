//! The record of one sign-in: who asked whom, what was found, how it ended, whose fault it was. It holds no header and no token.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use super::{
    component_kind::ComponentKind,
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

/// What one resolver did, or a component of another kind.
#[derive(Debug)]
pub struct Attempt {
    /// What it is.
    pub kind: ComponentKind,
    /// Its name in the configuration.
    pub resolver: Arc<str>,
    /// SHA-256 of the component; absent for a rule that is no component.
    pub digest: Option<Arc<str>>,
    /// Catalog look-ups, in order.
    pub look_ups: Vec<LookUp>,
    /// Tables that were looked into, each with its revision.
    pub tables: Vec<(String, String)>,
    /// Requests over HTTP, in order.
    pub http_calls: Vec<HttpCall>,
    /// Powers that were asked for and refused, and how often, even if the guest swallowed the refusals.
    pub refusals: Vec<(Power, u32)>,
    /// The names of the sensitive headers that it was shown, never what they hold.
    pub shown: Vec<String>,
    /// The names of the tokens that could not be verified, each with the name of the error, even if the guest swallowed it.
    pub failed_tokens: Vec<(String, &'static str)>,
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
    /// An attempt of a resolver that has not done anything yet.
    pub fn new(resolver: Arc<str>, digest: Option<Arc<str>>) -> Self {
        Self {
            kind: ComponentKind::Resolver,
            resolver,
            digest,
            look_ups: Vec::new(),
            tables: Vec::new(),
            http_calls: Vec::new(),
            refusals: Vec::new(),
            shown: Vec::new(),
            failed_tokens: Vec::new(),
            annotations: Vec::new(),
            log_lines: 0,
            memory: 0,
            error: None,
        }
    }

    /// Notes that a table was looked into.
    pub fn note_table(&mut self, table: &str, revision: &str) {
        if self.tables.iter().all(|(known, _)| known != table) {
            self.tables.push((table.to_owned(), revision.to_owned()));
        }
    }

    /// Notes that a sensitive header was shown, once.
    pub fn show(&mut self, header: &str) {
        if !self.shown.iter().any(|shown| shown == header) {
            self.shown.push(header.to_owned());
        }
    }

    /// Notes that a token could not be verified, once for each error.
    pub fn fail_token(&mut self, token: &str, error: &'static str) {
        if !self.failed_tokens.iter().any(|(known, ended)| known == token && *ended == error) {
            self.failed_tokens.push((token.to_owned(), error));
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

/// What it did, in order, for people: `corpUser: looked up by filter=1, answered`. What the guest wrote has been made printable when it was noted.
impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.resolver)?;
        for look_up in &self.look_ups {
            write!(f, "looked up by {look_up}, ")?;
        }
        for (table, revision) in &self.tables {
            write!(f, "looked into {table} ({revision}), ")?;
        }
        for call in &self.http_calls {
            write!(f, "asked {call}, ")?;
        }
        for header in &self.shown {
            write!(f, "was shown {header}, ")?;
        }
        for (token, error) in &self.failed_tokens {
            write!(f, "could not have {token} verified ({error}), ")?;
        }
        for (power, _) in &self.refusals {
            write!(f, "was refused {power}, ")?;
        }
        for (key, value) in &self.annotations {
            write!(f, "noted {key}={value}, ")?;
        }
        match self.error {
            Some(error) => write!(f, "ended with {error}"),
            None => f.write_str("answered"),
        }
    }
}

/// One look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookUp {
    /// `entity-ref`, `annotations` or `filter` for a user, `groups` or `group-filter` for groups.
    pub query: &'static str,
    /// How it ended.
    pub outcome: LookUpOutcome,
}

/// How a look-up ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookUpOutcome {
    /// This many users matched; what is more than one is only known to be several.
    Matches(u8),
    /// This many groups were found.
    Groups(usize),
    /// The catalog could not be asked.
    Failed,
}

impl fmt::Display for LookUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome {
            LookUpOutcome::Matches(count @ 0..=1) => write!(f, "{}={count}", self.query),
            LookUpOutcome::Matches(_) => write!(f, "{}=several", self.query),
            LookUpOutcome::Groups(count) => write!(f, "{}={count}", self.query),
            LookUpOutcome::Failed => write!(f, "{}=failed", self.query),
        }
    }
}

/// One request over HTTP: never its path or its query, which may name somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpCall {
    /// The host that it was made to; a dash where the URL is none.
    pub host: String,
    /// How it ended.
    pub outcome: HttpOutcome,
}

/// How a request over HTTP ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpOutcome {
    /// With this status, redirects having been followed.
    Answered(u16),
    /// There was no answer.
    Failed,
    /// It was not made, or not to its end: it made no sense, or went out of bounds.
    Refused,
}

impl fmt::Display for HttpCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outcome {
            HttpOutcome::Answered(status) => write!(f, "http:{}={status}", self.host),
            HttpOutcome::Failed => write!(f, "http:{}=failed", self.host),
            HttpOutcome::Refused => write!(f, "http:{}=refused", self.host),
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
    /// The components that were asked, in order.
    pub attempts: Vec<Attempt>,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub duration: Duration,
}

impl Decision {
    /// The one that decided: the last resolver, or the component that ended the sign-in with an error.
    pub fn decided_by(&self) -> Option<&Attempt> {
        let resolver = || self.attempts.iter().rfind(|attempt| attempt.kind == ComponentKind::Resolver);
        self.attempts.last().filter(|attempt| attempt.error.is_some()).or_else(resolver)
    }
}
