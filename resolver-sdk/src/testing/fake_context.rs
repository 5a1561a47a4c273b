//! The host, as far as a resolver can tell.

use std::cell::RefCell;

use serde_json::Value;

use super::{
    bounds, catalog,
    fake_user::FakeUser,
    powers::{self, Given, Grants},
};
use crate::{Context, EntityRef, Error, Identity, Level, Profile, User, UserQuery, context::sealed::Sealed, handle};

/// Look-ups in one sign-in: the host's default.
const CATALOG_LOOK_UPS: usize = 8;

/// One sign-in: the request, the catalog, and what the operator has decided. See the [module](super) for an example.
#[derive(Debug, Clone, Default)]
pub struct FakeContext {
    headers: Vec<(String, String)>,
    profile: Option<Profile>,
    id_token_claims: Option<Value>,
    settings: Option<Value>,
    users: Vec<FakeUser>,
    catalog_fault: Option<Error>,
    grants: Grants,
    trace: RefCell<Trace>,
}

/// What a resolver has done so far.
#[derive(Debug, Clone, Default)]
struct Trace {
    look_ups: Vec<UserQuery>,
    log_lines: Vec<(Level, String)>,
    notes: Vec<(String, String)>,
    given: Given,
}

impl FakeContext {
    /// A request without headers, an empty catalog, and every power denied.
    pub fn new() -> Self {
        Self::default()
    }

    /// The request has this header; the same name again replaces it.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The profile of the request; otherwise it is made of the x-forwarded headers, as the host does.
    #[must_use]
    pub fn with_profile(self, profile: Profile) -> Self {
        Self { profile: Some(profile), ..self }
    }

    /// The proxy passed on an ID token with these claims, and it was verified.
    #[must_use]
    pub fn with_id_token_claims(self, claims: Value) -> Self {
        Self { id_token_claims: Some(claims), ..self }
    }

    /// What stands beside `resolver: …` in the config, for [`settings`](Context::settings).
    #[must_use]
    pub fn with_settings(self, settings: Value) -> Self {
        Self { settings: Some(settings), ..self }
    }

    /// The catalog holds this user.
    #[must_use]
    pub fn with_user(mut self, user: FakeUser) -> Self {
        self.users.push(user);
        self
    }

    /// The catalog cannot be asked.
    #[must_use]
    pub fn with_catalog_unavailable(self) -> Self {
        self.with_catalog_fault(Error::service_unavailable("The catalog could not be asked").retryable())
    }

    /// The catalog answers every look-up with this error.
    #[must_use]
    pub fn with_catalog_fault(self, error: Error) -> Self {
        Self { catalog_fault: Some(error), ..self }
    }

    /// The operator has decided so about the powers.
    pub(super) fn with_grants(self, change: impl FnOnce(&mut Grants)) -> Self {
        let mut granting = self;
        change(&mut granting.grants);
        granting
    }

    /// The look-ups so far, in order.
    pub fn look_ups(&self) -> Vec<UserQuery> {
        self.trace.borrow().look_ups.clone()
    }

    /// The lines that were logged, fields included.
    pub fn log_lines(&self) -> Vec<(Level, String)> {
        self.trace.borrow().log_lines.clone()
    }

    /// The notes in the decision record.
    pub fn notes(&self) -> Vec<(String, String)> {
        self.trace.borrow().notes.clone()
    }

    /// Asks the catalog, within the budget.
    fn find(&self, query: UserQuery) -> Result<handle::User, Error> {
        let answer = match &self.catalog_fault {
            Some(fault) => Err(fault.clone()),
            None => catalog::find(&self.users, &query.0),
        };
        let mut trace = self.trace.borrow_mut();
        trace.look_ups.push(query);
        assert!(trace.look_ups.len() <= CATALOG_LOOK_UPS, "more than {CATALOG_LOOK_UPS} look-ups in one sign-in: the host would end the component");
        answer
    }
}

impl FakeContext {
    /// The value of a header, whoever may read it.
    fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    fn is_in_catalog(&self, query: UserQuery) -> Result<bool, Error> {
        match self.find(query) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Sealed for FakeContext {}

impl Context for FakeContext {
    fn get_header(&self, name: &str) -> Option<String> {
        if powers::is_sensitive(name) { None } else { self.header(name) }
    }

    fn profile(&self) -> Profile {
        self.profile.clone().unwrap_or_else(|| {
            let preferred = self.get_header("x-forwarded-preferred-username").filter(|name| !name.is_empty());
            let display_name = preferred.or_else(|| self.get_header("x-forwarded-user"));
            Profile { email: self.get_header("x-forwarded-email"), display_name, picture: None }
        })
    }

    fn find_user(&self, query: UserQuery) -> Result<User, Error> {
        self.find(query).map(User)
    }

    fn sign_in_user(&self, user: &User) -> Result<Identity, Error> {
        let handle::User { entity_ref, ownership_entity_refs, .. } = &user.0;
        Ok(identity(entity_ref.clone(), ownership_entity_refs.clone()))
    }

    fn sign_in_with_catalog_user(&self, query: UserQuery) -> Result<Identity, Error> {
        self.sign_in_user(&self.find_user(query)?)
    }

    fn sign_in_with_catalog_user_or_fallback(&self, query: UserQuery, fallback: EntityRef) -> Result<Identity, Error> {
        let bounds = bounds::granted("fallback", self.grants.fallback.as_ref())?;
        match self.sign_in_with_catalog_user(query.clone()) {
            Err(error) if error.is_not_found() => {}
            other => return other,
        }
        let name = bounds::issued("fallback", bounds, &fallback)?;
        let by_name = UserQuery::entity_ref(name.clone());
        if query == by_name || !self.is_in_catalog(by_name)? { Ok(itself(name)) } else { Err(bounds::out_of_bounds("fallback", &name)) }
    }

    fn sign_in_as(&self, user: EntityRef) -> Result<Identity, Error> {
        let bounds = bounds::granted("issue-self", self.grants.issue_self.as_ref())?;
        let name = bounds::issued("issue-self", bounds, &user)?;
        if bounds.unless_in_catalog && self.is_in_catalog(UserQuery::entity_ref(name.clone()))? {
            return Err(bounds::out_of_bounds("issue-self", &name));
        }
        Ok(itself(name))
    }

    fn add_ownership(&self, to: &Identity, refs: impl IntoIterator<Item = EntityRef>) -> Result<(), Error> {
        self.grants.add_ownership(&to.0, &refs.into_iter().collect::<Vec<_>>(), &self.trace.borrow().given)
    }

    fn replace_ownership(&self, of: &Identity, refs: impl IntoIterator<Item = EntityRef>) -> Result<(), Error> {
        self.grants.replace_ownership(&of.0, &refs.into_iter().collect::<Vec<_>>(), &self.trace.borrow().given)
    }

    fn add_token_claims_json(&self, to: &Identity, claims: &str) -> Result<(), Error> {
        self.grants.add_token_claims(&to.0, claims, &self.trace.borrow().given)
    }

    fn get_sensitive_header(&self, name: &str) -> Result<Option<String>, Error> {
        self.grants.sensitive_header(name)?;
        Ok(self.header(name))
    }

    fn look_up(&self, table: &str, _key: &str) -> Vec<String> {
        panic!("the table {table} is not configured: the host would end the component")
    }

    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]) {
        let line = fields.iter().fold(message.to_owned(), |line, (key, value)| format!("{line} {key}={value}"));
        self.trace.borrow_mut().log_lines.push((level, line));
    }

    fn annotate(&self, key: &str, value: &str) {
        self.trace.borrow_mut().notes.push((key.to_owned(), value.to_owned()));
    }

    fn id_token_claims_json(&self) -> Option<String> {
        self.id_token_claims.as_ref().map(Value::to_string)
    }

    fn settings_json(&self) -> String {
        self.settings.as_ref().map_or_else(|| "{}".to_owned(), Value::to_string)
    }
}

/// An identity that owns nothing but itself.
fn itself(name: EntityRef) -> Identity {
    identity(name.clone(), vec![name])
}

fn identity(user_entity_ref: EntityRef, ownership_entity_refs: Vec<EntityRef>) -> Identity {
    let owned = RefCell::new(ownership_entity_refs.clone());
    Identity(handle::Identity {
        user_entity_ref,
        original_ownership: ownership_entity_refs,
        ownership_entity_refs: owned,
        claims: RefCell::default(),
        profile: RefCell::default(),
    })
}
