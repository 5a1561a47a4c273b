//! What is written down about a sign-in: once, however it ends.

use std::{net::IpAddr, time::Instant};

use crate::{
    domain::{
        decision::{Attempt, Decision, DecisionId, Outcome},
        error::SignInError,
        grant::Power,
        identity::{Identity, Origin},
    },
    ports::proxy_authenticator::Peer,
};

use super::{SignIn, SignedIn};

/// The record of a sign-in that is under way. It is written once, also when the client goes away and the sign-in is dropped in the middle.
pub(super) struct Record<'a> {
    sign_in: &'a SignIn,
    pub(super) id: DecisionId,
    peer: Peer,
    pub(super) client: Option<IpAddr>,
    started: Instant,
    pub(super) attempts: Vec<Attempt>,
    origin: &'static str,
    powers: Vec<Power>,
    written: bool,
}

impl<'a> Record<'a> {
    /// Nothing has happened yet.
    pub(super) fn begin(sign_in: &'a SignIn, id: DecisionId, peer: Peer) -> Self {
        let (attempts, powers) = (Vec::with_capacity(1), Vec::new());
        Self { sign_in, id, peer, client: None, started: Instant::now(), attempts, origin: "", powers, written: false }
    }

    /// Keeps what the record says about an identity that may be signed in.
    pub(super) fn keep(&mut self, identity: &Identity) {
        self.origin = match identity.origin {
            Origin::Catalog(_) => "catalog",
            Origin::Fallback(_) => "fallback",
            Origin::IssueSelf(_) => "issue-self",
        };
        self.powers = identity.powers();
    }

    /// Writes it.
    pub(super) fn end(mut self, result: &Result<SignedIn, SignInError>) {
        let (origin, powers) = (self.origin, std::mem::take(&mut self.powers));
        self.write(match result {
            Ok(signed_in) => Outcome::SignedIn { user: signed_in.user.clone(), origin, powers },
            Err(error) => Outcome::Refused(error.clone()),
        });
    }

    fn write(&mut self, outcome: Outcome) {
        self.written = true;
        let Self { sign_in, id, peer, client, .. } = *self;
        let attempts = std::mem::take(&mut self.attempts);
        sign_in.ports.decisions.record(&Decision {
            id,
            generation: sign_in.generation,
            peer,
            client,
            attempts,
            outcome,
            duration: self.started.elapsed(),
        });
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        if !self.written {
            self.write(Outcome::Abandoned);
        }
    }
}
