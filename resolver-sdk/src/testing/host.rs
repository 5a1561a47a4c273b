//! What the host answers a resolver, as far as a resolver can tell.

use std::cell::RefCell;

use serde_json::Value;

use super::{bounds, fake_context::FakeContext, groups, http, powers};
use crate::{
    Context, EntityRef, Error, FilterTerm, Group, HttpRequest, HttpResponse, Identity, Level, Profile, User, UserQuery, context::sealed::Sealed,
    handle,
};

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
        self.find(&query).map(User)
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
        if query == by_name || !self.is_in_catalog(&by_name)? { Ok(itself(name)) } else { Err(bounds::out_of_bounds("fallback", &name)) }
    }

    fn sign_in_as(&self, user: EntityRef) -> Result<Identity, Error> {
        let bounds = bounds::granted("issue-self", self.grants.issue_self.as_ref())?;
        let name = bounds::issued("issue-self", bounds, &user)?;
        if bounds.unless_in_catalog && self.is_in_catalog(&UserQuery::entity_ref(name.clone()))? {
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

    fn verified_claims_json(&self, token: &str) -> Result<Option<String>, Error> {
        self.grants.verified_claims(token)?;
        self.tokens.verified(token)
    }

    fn unverified_claims_json(&self, token: &str) -> Result<Option<String>, Error> {
        self.grants.unverified_claims(token)?;
        self.tokens.unverified(token)
    }

    fn get_groups(&self, refs: impl IntoIterator<Item = EntityRef>) -> Result<Vec<Option<Group>>, Error> {
        self.grants.groups()?;
        groups::get(self, &refs.into_iter().collect::<Vec<_>>())
    }

    fn find_groups<T: IntoIterator<Item = FilterTerm>>(&self, alternatives: impl IntoIterator<Item = T>) -> Result<Vec<Group>, Error> {
        self.grants.groups()?;
        groups::find(self, &alternatives.into_iter().map(|terms| terms.into_iter().collect()).collect::<Vec<_>>())
    }

    fn get_ancestors(&self, of: impl IntoIterator<Item = EntityRef>, depth: u32) -> Result<Vec<Group>, Error> {
        self.grants.groups()?;
        groups::ancestors(self, of.into_iter().collect(), depth)
    }

    fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        http::send(self, request)
    }

    fn look_up(&self, table: &str, key: &str) -> Vec<String> {
        let table = self.tables.get(table).unwrap_or_else(|| panic!("the table {table} is not configured: the host would end the component"));
        table.get(key).cloned().unwrap_or_default()
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
