//! The host, as far as a resolver can tell.

use std::{cell::RefCell, collections::BTreeMap};

use serde_json::Value;

use super::{
    catalog,
    fake_group::FakeGroup,
    fake_http::FakeHttp,
    fake_user::FakeUser,
    powers::{Given, Grants},
    tokens::Tokens,
};
use crate::{Error, HttpRequest, Level, Profile, UserQuery, handle};

/// Questions to the catalog in one sign-in: the host's default.
const CATALOG_LOOK_UPS: usize = 8;

/// One sign-in: the request, the catalog, and what the operator has decided. See the [module](super) for an example.
#[derive(Debug, Clone, Default)]
pub struct FakeContext {
    pub(super) headers: Vec<(String, String)>,
    pub(super) profile: Option<Profile>,
    pub(super) id_token_claims: Option<Value>,
    pub(super) tokens: Tokens,
    pub(super) settings: Option<Value>,
    pub(super) tables: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    users: Vec<FakeUser>,
    pub(super) groups: Vec<FakeGroup>,
    catalog_fault: Option<Error>,
    /// Look-ups of users that the catalog still answers before its fault.
    catalog_answers: usize,
    groups_fault: Option<Error>,
    pub(super) http: Vec<FakeHttp>,
    pub(super) credential_faults: BTreeMap<String, Error>,
    pub(super) grants: Grants,
    pub(super) trace: RefCell<Trace>,
}

/// What a resolver has done so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Trace {
    /// Questions to the catalog, those for groups included.
    asked: usize,
    look_ups: Vec<UserQuery>,
    /// Requests to other systems, those that were refused included.
    calls: usize,
    pub(super) requests: Vec<HttpRequest>,
    pub(super) log_lines: Vec<(Level, String)>,
    pub(super) notes: Vec<(String, String)>,
    pub(super) given: Given,
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

    /// What stands beside `resolver: …` in the config, for [`settings`](crate::Context::settings).
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

    /// The catalog holds this group.
    #[must_use]
    pub fn with_group(mut self, group: FakeGroup) -> Self {
        self.groups.push(group);
        self
    }

    /// The operator keeps a table of this name: an object of lists, or of single values.
    ///
    /// ```
    /// # use resolver_sdk::{Context, testing::FakeContext};
    /// let ctx = FakeContext::new().with_table("roles", serde_json::json!({ "ad-2": ["operator", "developer"], "ad-1": "developer" }));
    /// assert_eq!(ctx.look_up("roles", "ad-2"), ["operator", "developer"]);
    /// assert!(ctx.look_up("roles", "ad-9").is_empty());
    /// ```
    ///
    /// # Panics
    /// If it is something else: the host would not start.
    #[must_use]
    pub fn with_table(mut self, name: &str, table: Value) -> Self {
        let text = |value: &Value| value.as_str().expect("the values of a table are texts").to_owned();
        let values = |value: Value| value.as_array().map_or_else(|| vec![text(&value)], |values| values.iter().map(text).collect());
        let Value::Object(rows) = table else { panic!("a table is an object of lists") };
        self.tables.insert(name.to_owned(), rows.into_iter().map(|(key, value)| (key, values(value))).collect());
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

    /// The catalog answers so many look-ups of users, and after them every question, for groups too, with this error.
    #[must_use]
    pub fn with_catalog_fault_after(self, look_ups: usize, error: Error) -> Self {
        Self { catalog_answers: look_ups, ..self.with_catalog_fault(error) }
    }

    /// The catalog answers every question for groups with this error, and look-ups of users as before.
    #[must_use]
    pub fn with_groups_fault(self, error: Error) -> Self {
        Self { groups_fault: Some(error), ..self }
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

    /// Asks the catalog for a user, within the budget.
    pub(super) fn find(&self, query: &UserQuery) -> Result<handle::User, Error> {
        let fault = self.catalog_fault();
        self.trace.borrow_mut().look_ups.push(query.clone());
        self.ask(fault)?;
        catalog::find(&self.users, &query.0)
    }

    /// Asks the catalog for groups, within the budget.
    pub(super) fn ask_for_groups(&self) -> Result<&[FakeGroup], Error> {
        self.ask(self.groups_fault.as_ref().or(self.catalog_fault())).map(|()| &*self.groups)
    }

    /// The fault of the catalog, once its time has come.
    fn catalog_fault(&self) -> Option<&Error> {
        self.catalog_fault.as_ref().filter(|_| self.trace.borrow().look_ups.len() >= self.catalog_answers)
    }

    fn ask(&self, fault: Option<&Error>) -> Result<(), Error> {
        let mut trace = self.trace.borrow_mut();
        trace.asked += 1;
        assert!(trace.asked <= CATALOG_LOOK_UPS, "more than {CATALOG_LOOK_UPS} look-ups in one sign-in: the host would end the component");
        fault.cloned().map_or(Ok(()), Err)
    }

    /// Counts a request to another system.
    pub(super) fn count_call(&self) -> usize {
        let mut trace = self.trace.borrow_mut();
        trace.calls += 1;
        trace.calls
    }

    /// The value of a header, whoever may read it.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    pub(super) fn is_in_catalog(&self, query: &UserQuery) -> Result<bool, Error> {
        match self.find(query) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }
}
