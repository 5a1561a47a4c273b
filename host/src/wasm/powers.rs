//! Powers: what a component asks for against what the operator decided. One gate stands in front of all of them.
//!
//! At load an import that nobody decided refuses the component. At call time a host function of a power gets its bounds from the gate or has no
//! way to go on, and a refusal stands in the decision record even if the guest swallows it.

use crate::domain::{
    decision::Attempt,
    error::{Blame, ErrorName, SignInError},
    grant::{ClaimBounds, Decision, Grants, HeaderBounds, HttpBounds, IssueSelfBounds, NameBounds, NoBounds, Power, TokenBounds},
};

/// The gate of one component.
pub(super) struct Gate {
    grants: Grants,
    /// Where the decisions stand, for messages: `stagedoor.components.corpUser.grants`.
    config_path: String,
}

impl Gate {
    /// A gate that knows these decisions.
    pub(super) fn new(grants: Grants, config_path: String) -> Self {
        Self { grants, config_path }
    }

    /// What was decided, for the guard.
    pub(super) fn grants(&self) -> &Grants {
        &self.grants
    }

    /// The bounds of `fallback`.
    pub(super) fn fallback(&self, attempt: &mut Attempt) -> Result<&NameBounds, SignInError> {
        self.open(Power::Fallback, self.grants.fallback.as_ref(), attempt)
    }

    /// The bounds of `issue-self`.
    pub(super) fn issue_self(&self, attempt: &mut Attempt) -> Result<&IssueSelfBounds, SignInError> {
        self.open(Power::IssueSelf, self.grants.issue_self.as_ref(), attempt)
    }

    /// The bounds of `add-ownership`.
    pub(super) fn add_ownership(&self, attempt: &mut Attempt) -> Result<&NameBounds, SignInError> {
        self.open(Power::AddOwnership, self.grants.add_ownership.as_ref(), attempt)
    }

    /// The bounds of `replace-ownership`.
    pub(super) fn replace_ownership(&self, attempt: &mut Attempt) -> Result<&NameBounds, SignInError> {
        self.open(Power::ReplaceOwnership, self.grants.replace_ownership.as_ref(), attempt)
    }

    /// The bounds of `add-token-claims`.
    pub(super) fn add_token_claims(&self, attempt: &mut Attempt) -> Result<&ClaimBounds, SignInError> {
        self.open(Power::AddTokenClaims, self.grants.add_token_claims.as_ref(), attempt)
    }

    /// The bounds of `sensitive-headers`.
    pub(super) fn sensitive_headers(&self, attempt: &mut Attempt) -> Result<&HeaderBounds, SignInError> {
        self.open(Power::SensitiveHeaders, self.grants.sensitive_headers.as_ref(), attempt)
    }

    /// The bounds of `verified-claims`.
    pub(super) fn verified_claims(&self, attempt: &mut Attempt) -> Result<&TokenBounds, SignInError> {
        self.open(Power::VerifiedClaims, self.grants.verified_claims.as_ref(), attempt)
    }

    /// The bounds of `unverified-claims`.
    pub(super) fn unverified_claims(&self, attempt: &mut Attempt) -> Result<&TokenBounds, SignInError> {
        self.open(Power::UnverifiedClaims, self.grants.unverified_claims.as_ref(), attempt)
    }

    /// Whether `groups` is granted.
    pub(super) fn groups(&self, attempt: &mut Attempt) -> Result<NoBounds, SignInError> {
        self.open(Power::Groups, self.grants.groups.as_ref(), attempt).copied()
    }

    /// The bounds of `http-client`.
    pub(super) fn http_client(&self, attempt: &mut Attempt) -> Result<&HttpBounds, SignInError> {
        self.open(Power::HttpClient, self.grants.http_client.as_ref(), attempt)
    }

    /// A refusal of something that is out of bounds.
    pub(super) fn out_of_bounds(&self, power: Power, what: &str, attempt: &mut Attempt) -> SignInError {
        attempt.refuse(power);
        let message = format!("The {} may not use {power} for this {}", attempt.kind.noun(), power.subject());
        let cause = format!("{what}: out of the bounds of {}.{power}", self.config_path);
        SignInError { blame: Blame::Guest, ..SignInError::new(ErrorName::NotAllowed, message).because(cause) }
    }

    fn open<'a, B>(&self, power: Power, decision: Option<&'a Decision<B>>, attempt: &mut Attempt) -> Result<&'a B, SignInError> {
        if let Some(Decision::Grant(bounds)) = decision {
            return Ok(bounds);
        }
        attempt.refuse(power);
        let message = format!("The {} may not use {power}: {}.{power} does not grant it", attempt.kind.noun(), self.config_path);
        let cause =
            "a component that asks for a denied power is refused before anything is looked up: grant it within bounds, or use one that does not ask";
        Err(SignInError { blame: Blame::Host, ..SignInError::new(ErrorName::NotAllowed, message).because(cause) })
    }
}

/// The powers among these that nobody decided.
pub(super) fn undecided(asked: &[Power], grants: &Grants) -> Vec<Power> {
    asked.iter().copied().filter(|power| grants.decided(*power).is_none()).collect()
}
