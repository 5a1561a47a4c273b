//! Finding users in a handful of entities by the catalog's rules.

use serde_json::Value;

use super::{bounds::canonical, fake_user::FakeUser};
use crate::{Error, FilterTerm, fold::same, handle::User, query};

/// The most conditions of a query, as in the host.
const MAX_CONDITIONS: usize = 64;

/// The one user whom the query describes.
pub(super) fn find(users: &[FakeUser], query: &query::Kind) -> Result<User, Error> {
    check(query)?;
    let mut matches = users.iter().filter(|user| is_meant(user, query)).map(FakeUser::user);
    let nobody = || Error::not_found("User not found");
    let user = matches.next().ok_or_else(nobody)?;
    if matches.next().is_some() {
        return Err(Error::conflict("User lookup resulted in multiple matches"));
    }
    match query {
        // The catalog compares without case, but two ids that differ in case are two people.
        query::Kind::Annotations(wanted) if wanted.iter().any(|(key, value)| user.annotation(key).as_ref() != Some(value)) => Err(nobody()),
        _ => Ok(user),
    }
}

/// Refuses queries that make no sense, or are too large to be asked.
fn check(query: &query::Kind) -> Result<(), Error> {
    let conditions = match query {
        query::Kind::EntityRef(_) => 1,
        query::Kind::Annotations(wanted) => wanted.len(),
        query::Kind::Filter(alternatives) => alternatives.len() + alternatives.iter().flatten().map(|term| term.values.len().max(1)).sum::<usize>(),
    };
    if conditions > MAX_CONDITIONS {
        return Err(Error::input(format!("Invalid user lookup query: it has more than {MAX_CONDITIONS} conditions")));
    }
    let kind = |term: &&FilterTerm| same(&term.key, "kind");
    let valued = |term: &FilterTerm| !term.key.is_empty() && !term.values.is_empty() && term.values.iter().all(|value| !value.is_empty());
    let (describes_somebody, names_users) = match query {
        query::Kind::EntityRef(entity_ref) => (true, same(&entity_ref.kind, "user")),
        query::Kind::Annotations(wanted) => (!wanted.is_empty() && wanted.iter().all(|(key, value)| !key.is_empty() && !value.is_empty()), true),
        query::Kind::Filter(alternatives) => {
            let complete = |terms: &Vec<FilterTerm>| terms.iter().all(valued) && !terms.iter().all(|term| kind(&term));
            let kinds = alternatives.iter().flatten().filter(kind).flat_map(|term| &term.values);
            (!alternatives.is_empty() && alternatives.iter().all(complete), kinds.into_iter().all(|kind| same(kind, "user")))
        }
    };
    match (describes_somebody, names_users) {
        (_, false) => Err(Error::input("Invalid user lookup query: only entities of kind user can be looked up")),
        (false, true) => Err(Error::input("Invalid user lookup query")),
        (true, true) => Ok(()),
    }
}

fn is_meant(user: &FakeUser, query: &query::Kind) -> bool {
    match query {
        query::Kind::EntityRef(entity_ref) => canonical(entity_ref).is_some_and(|wanted| user.user().entity_ref == wanted),
        query::Kind::Annotations(wanted) => {
            wanted.iter().all(|(key, value)| has(user.entity(), &format!("metadata.annotations.{key}"), &|found| same(found, value)))
        }
        query::Kind::Filter(alternatives) => alternatives.iter().any(|terms| terms.iter().all(|term| holds(user, term))),
    }
}

fn holds(user: &FakeUser, term: &FilterTerm) -> bool {
    let wanted = |found: &str| term.values.iter().any(|value| same(found, value));
    let relation = |relation: &Value| {
        let key = format!("relations.{}", relation["type"].as_str().unwrap_or_default());
        same(&key, &term.key) && relation["targetRef"].as_str().is_some_and(wanted)
    };
    has(user.entity(), &term.key, &wanted) || user.entity()["relations"].as_array().into_iter().flatten().any(relation)
}

/// Whether a value under the dotted key is wanted. Keys may themselves hold dots, and each member of a list is a value.
fn has(value: &Value, key: &str, wanted: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| below(key, name).is_some_and(|rest| has(value, rest, wanted))),
        Value::Array(items) => items.iter().any(|item| has(item, key, wanted)),
        Value::String(text) => key.is_empty() && wanted(text),
        Value::Bool(_) | Value::Number(_) => key.is_empty() && wanted(&value.to_string()),
        Value::Null => false,
    }
}

/// The rest of a dotted key below a member.
fn below<'a>(key: &'a str, member: &str) -> Option<&'a str> {
    let (first, rest) = key.split_at_checked(member.len())?;
    if !same(first, member) {
        return None;
    }
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}
