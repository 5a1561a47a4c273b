//! Between the words of the contract and those of the domain.

use crate::{
    domain::{
        self,
        entity_ref::InvalidEntityRef,
        error::{Blame, ErrorName, SignInError},
        log_text::shortened,
        query::{FilterTerm, InvalidQuery, UserQuery},
    },
    ports::catalog::CatalogError,
    wasm::{bindings::stagedoor::resolver::types, blame::Interrupt, store::State},
};

impl types::Host for State {}

/// Bytes of a guest's message that a client gets, and of its cause: Backstage's own are shorter, and the answer is no place for a document.
const MAX_MESSAGE_BYTES: usize = 4096;

/// Bytes of a profile, a picture as a data URL included.
const MAX_PROFILE_BYTES: usize = 64 * 1024;

/// Backstage's text for a user that the catalog does not hold.
pub(super) const NOT_FOUND: &str = "User not found";

pub(super) fn entity_ref(entity_ref: &domain::entity_ref::EntityRef) -> types::EntityRef {
    types::EntityRef { kind: entity_ref.kind().into(), namespace: entity_ref.namespace().into(), name: entity_ref.name().into() }
}

/// A ref that is to be issued: parts that no entity can bear are an input error.
pub(in crate::wasm) fn issued_ref(entity_ref: &types::EntityRef) -> Result<domain::entity_ref::EntityRef, SignInError> {
    domain::entity_ref::EntityRef::new(&entity_ref.kind, &entity_ref.namespace, &entity_ref.name)
        .map_err(|invalid: InvalidEntityRef| SignInError::new(ErrorName::Input, format!("Invalid entity ref: {invalid}")))
}

pub(super) fn query(query: types::UserQuery) -> Result<UserQuery, InvalidQuery> {
    match query {
        types::UserQuery::EntityRef(entity_ref) => UserQuery::entity_ref(&entity_ref.kind, &entity_ref.namespace, &entity_ref.name),
        types::UserQuery::Annotations(annotations) => UserQuery::annotations(annotations),
        types::UserQuery::Filter(alternatives) => UserQuery::filter(filter(alternatives)),
    }
}

/// The alternatives of a filter, not yet checked.
pub(super) fn filter(alternatives: Vec<Vec<types::FilterTerm>>) -> Vec<Vec<FilterTerm>> {
    let term = |term: types::FilterTerm| FilterTerm { key: term.key, values: term.values };
    alternatives.into_iter().map(|terms| terms.into_iter().map(term).collect()).collect()
}

pub(super) fn profile(profile: &domain::profile::Profile) -> types::Profile {
    let domain::profile::Profile { email, display_name, picture } = profile.clone();
    types::Profile { email, display_name, picture }
}

/// A profile that a guest made; one that is too large for a page ends it.
pub(in crate::wasm) fn from_guest_profile(profile: types::Profile) -> Result<domain::profile::Profile, Interrupt> {
    let types::Profile { email, display_name, picture } = profile;
    let bytes = [&email, &display_name, &picture].into_iter().flatten().map(String::len).sum::<usize>();
    if bytes > MAX_PROFILE_BYTES {
        return Err(Interrupt::Profile(bytes));
    }
    Ok(domain::profile::Profile { email, display_name, picture })
}

impl From<InvalidQuery> for SignInError {
    fn from(invalid: InvalidQuery) -> Self {
        Self { blame: Blame::Guest, ..Self::new(ErrorName::Input, invalid.to_string()) }
    }
}

impl From<CatalogError> for SignInError {
    fn from(error: CatalogError) -> Self {
        match error {
            CatalogError::Conflict => Self { blame: Blame::Upstream, ..Self::new(ErrorName::Conflict, error.to_string()) },
            CatalogError::TooMany => Self { blame: Blame::Guest, ..Self::new(ErrorName::Input, error.to_string()) },
            CatalogError::Unavailable(cause) => {
                let error = Self::new(ErrorName::ServiceUnavailable, "The catalog could not be asked");
                Self { blame: Blame::Upstream, retryable: true, ..error }.because(cause)
            }
            CatalogError::Senseless(_) => {
                let cause = error.to_string();
                let error = Self::new(ErrorName::ServiceUnavailable, "The catalog gave an answer that makes no sense");
                Self { blame: Blame::Upstream, ..error }.because(cause)
            }
            CatalogError::Answered(upstream) => {
                let (status, retryable) = (Some(upstream.status), upstream.status >= 500);
                let error = Self::new(ErrorName::Response, upstream.message()).because(upstream.to_string());
                Self { blame: Blame::Upstream, status, retryable, upstream: Some(upstream), ..error }
            }
        }
    }
}

impl State {
    /// Tells the guest an error, and remembers it: when it comes back, the host still knows whose fault it was.
    pub(super) fn tell(&mut self, error: SignInError) -> types::SignInError {
        self.told = Some(error.clone());
        to_guest_error(error)
    }
}

/// For the guest: what it may see of an error, the cause included, so that it can pass it on.
fn to_guest_error(error: SignInError) -> types::SignInError {
    let name = match error.name {
        ErrorName::Input => types::ErrorName::Input,
        ErrorName::Authentication => types::ErrorName::Authentication,
        ErrorName::NotAllowed => types::ErrorName::NotAllowed,
        ErrorName::NotFound => types::ErrorName::NotFound,
        ErrorName::Conflict => types::ErrorName::Conflict,
        ErrorName::NotImplemented => types::ErrorName::NotImplemented,
        ErrorName::ServiceUnavailable => types::ErrorName::ServiceUnavailable,
        ErrorName::Response => types::ErrorName::Response,
        ErrorName::Other => types::ErrorName::Other,
    };
    types::SignInError { name, message: error.message.into_owned(), cause: error.cause, status: error.status, retryable: error.retryable }
}

/// From the guest: its own error, without what it was shown of tokens and cut; or the one that it was told last and passes on, whose blame and words
/// it keeps.
pub(in crate::wasm) fn from_guest_error(error: types::SignInError, state: &State) -> SignInError {
    let (name, blame) = match error.name {
        types::ErrorName::Input => (ErrorName::Input, Blame::Client),
        types::ErrorName::Authentication => (ErrorName::Authentication, Blame::Client),
        types::ErrorName::NotAllowed => (ErrorName::NotAllowed, Blame::Client),
        types::ErrorName::NotFound => (ErrorName::NotFound, Blame::Client),
        types::ErrorName::Conflict => (ErrorName::Conflict, Blame::Upstream),
        types::ErrorName::NotImplemented => (ErrorName::NotImplemented, Blame::Guest),
        types::ErrorName::ServiceUnavailable => (ErrorName::ServiceUnavailable, Blame::Upstream),
        types::ErrorName::Response => (ErrorName::Response, Blame::Upstream),
        types::ErrorName::Other => (ErrorName::Other, Blame::Client),
    };
    let told = state.told.as_ref().filter(|told| told.name == name && told.message == error.message && told.status == error.status);
    let (blame, upstream) = told.map_or((blame, None), |told| (told.blame, told.upstream.clone()));
    let passed_on = told.filter(|told| told.cause == error.cause);
    let made = SignInError {
        cause: error.cause,
        status: error.status,
        retryable: error.retryable,
        upstream,
        blame,
        ..SignInError::new(name, error.message)
    };
    if passed_on.is_some() {
        return made;
    }
    let SignInError { message, cause, .. } = state.revealed.masked_error(made.clone());
    let message = if told.is_some() { made.message } else { shortened(&message, MAX_MESSAGE_BYTES).into_owned().into() };
    SignInError { message, cause: cause.map(|cause| shortened(&cause, MAX_MESSAGE_BYTES).into_owned()), ..made }
}
