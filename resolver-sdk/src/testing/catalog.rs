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
    let (describes_somebody, names_users) = match query {
        query::Kind::EntityRef(entity_ref) => (true, same(&entity_ref.kind, "user")),
        query::Kind::Annotations(wanted) => {
            limit(wanted.len(), "user")?;
            (!wanted.is_empty() && wanted.iter().all(|(key, value)| !key.is_empty() && !value.is_empty()), true)
        }
        query::Kind::Filter(alternatives) => return check_filter(alternatives, "user"),
    };
    sensible(describes_somebody, names_users, "user")
}

/// The same of a filter for entities of one kind.
pub(super) fn check_filter(alternatives: &[Vec<FilterTerm>], kind: &str) -> Result<(), Error> {
    limit(alternatives.len() + alternatives.iter().flatten().map(|term| term.values.len().max(1)).sum::<usize>(), kind)?;
    let is_kind = |term: &&FilterTerm| same(&term.key, "kind");
    let valued = |term: &FilterTerm| !term.key.is_empty() && !term.values.is_empty() && term.values.iter().all(|value| !value.is_empty());
    let complete = |terms: &Vec<FilterTerm>| terms.iter().all(valued) && !terms.iter().all(|term| is_kind(&term));
    let mut kinds = alternatives.iter().flatten().filter(is_kind).flat_map(|term| &term.values);
    sensible(!alternatives.is_empty() && alternatives.iter().all(complete), kinds.all(|other| same(other, kind)), kind)
}

fn limit(conditions: usize, kind: &str) -> Result<(), Error> {
    if conditions > MAX_CONDITIONS {
        return Err(Error::input(format!("Invalid {kind} lookup query: it has more than {MAX_CONDITIONS} conditions")));
    }
    Ok(())
}

fn sensible(describes_somebody: bool, names_the_kind: bool, kind: &str) -> Result<(), Error> {
    match (describes_somebody, names_the_kind) {
        (_, false) => Err(Error::input(format!("Invalid {kind} lookup query: only entities of kind {kind} can be looked up"))),
        (false, true) => Err(Error::input(format!("Invalid {kind} lookup query"))),
        (true, true) => Ok(()),
    }
}

fn is_meant(user: &FakeUser, query: &query::Kind) -> bool {
    match query {
        query::Kind::EntityRef(entity_ref) => canonical(entity_ref).is_some_and(|wanted| user.user().entity_ref == wanted),
        query::Kind::Annotations(wanted) => {
            wanted.iter().all(|(key, value)| has(user.entity(), &format!("metadata.annotations.{key}"), &|found| same(found, value)))
        }
        query::Kind::Filter(alternatives) => alternatives.iter().any(|terms| terms.iter().all(|term| holds(user.entity(), term))),
    }
}

/// Whether a term holds for an entity.
pub(super) fn holds(entity: &Value, term: &FilterTerm) -> bool {
    let wanted = |found: &str| term.values.iter().any(|value| same(found, value));
    let relation = |relation: &Value| {
        let key = format!("relations.{}", relation["type"].as_str().unwrap_or_default());
        same(&key, &term.key) && relation["targetRef"].as_str().is_some_and(wanted)
    };
    has(entity, &term.key, &wanted) || entity["relations"].as_array().into_iter().flatten().any(relation)
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
