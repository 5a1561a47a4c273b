//! From an answer of the catalog's API to the one user, or the groups, that were asked for.
//!
//! Guarantees: whatever comes out was asked for. A list is searched once more with the rules of the catalog in files; an entity that was asked for
//! by name must bear it.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::entity;
use crate::{
    catalog::search::{self, Condition},
    domain::{
        entity_ref::EntityRef,
        group::Group,
        group_filter::{GroupFilter, MAX_GROUPS},
        query::FilterTerm,
        upstream::{NamedError, UpstreamBody, UpstreamError, UpstreamRequest, UpstreamStatus},
        user::User,
    },
    outbound::HttpAnswer,
    ports::catalog::CatalogError,
};

/// Bytes of an error body that are passed on; of a larger one only the status is told.
const MAX_ERROR_BODY: usize = 4096;

/// The entity that was asked for by name; `null` and 404 are nobody.
pub(super) fn by_name(answer: HttpAnswer, asked: &EntityRef) -> Result<Option<Arc<User>>, CatalogError> {
    if answer.status.as_u16() == 404 {
        return Ok(None);
    }
    let json = body(answer)?;
    if json.trim_ascii() == "null" {
        return Ok(None);
    }
    let user = entity::user(json).map_err(CatalogError::Senseless)?;
    if user.entity_ref != *asked {
        return Err(CatalogError::Senseless("it is another user than the one that was asked for".into()));
    }
    Ok(Some(Arc::new(user)))
}

/// The only user of a list for whom one of the alternatives holds.
pub(super) fn filter(answer: HttpAnswer, alternatives: &[Vec<FilterTerm>]) -> Result<Option<Arc<User>>, CatalogError> {
    let alternatives: Vec<Vec<_>> = alternatives.iter().map(|terms| terms.iter().map(Condition::of_term).collect()).collect();
    only(answer, |user| alternatives.iter().any(|conditions| search::meets_all(&user.json, conditions)))
}

/// The only user of a list with these annotations: compared without case among all, then exactly on the one that is left.
pub(super) fn annotations(answer: HttpAnswer, annotations: &[(String, String)]) -> Result<Option<Arc<User>>, CatalogError> {
    let conditions: Vec<_> = annotations.iter().map(Condition::of_annotation).collect();
    let user = only(answer, |user| search::meets_all(&user.json, &conditions))?;
    Ok(user.filter(|user| annotations.iter().all(|(key, value)| user.annotation(key) == Some(value))))
}

fn only(answer: HttpAnswer, is_meant: impl Fn(&User) -> bool) -> Result<Option<Arc<User>>, CatalogError> {
    let json = body(answer)?;
    let mut found = None;
    for entity in list(&json)? {
        let user = entity::user(entity.get().to_owned()).map_err(CatalogError::Senseless)?;
        if is_meant(&user) && found.replace(user).is_some() {
            return Err(CatalogError::Conflict);
        }
    }
    Ok(found.map(Arc::new))
}

/// What `by-refs` answers.
#[derive(Deserialize)]
struct Items<'a> {
    /// `null` for what the catalog does not have.
    #[serde(borrow)]
    items: Vec<Option<&'a RawValue>>,
}

/// The groups that were asked for, each at its place.
pub(super) fn groups(answer: HttpAnswer, asked: &[EntityRef]) -> Result<Vec<Option<Arc<Group>>>, CatalogError> {
    let json = body(answer)?;
    let Items { items } = serde_json::from_str(&json).map_err(|error| CatalogError::Senseless(format!("it is no list of entities: {error}")))?;
    if items.len() != asked.len() {
        return Err(CatalogError::Senseless(format!("{} entities were asked for, and it holds {}", asked.len(), items.len())));
    }
    let group = |(item, asked): (Option<&RawValue>, &EntityRef)| {
        let Some(item) = item else { return Ok(None) };
        let group = entity::group(item.get().to_owned()).map_err(CatalogError::Senseless)?;
        if group.entity_ref != *asked {
            return Err(CatalogError::Senseless("it holds another group than the one that was asked for".into()));
        }
        Ok(Some(Arc::new(group)))
    };
    items.into_iter().zip(asked).map(group).collect()
}

/// The groups of a list for which the filter holds, by their refs.
pub(super) fn find_groups(answer: HttpAnswer, filter: &GroupFilter) -> Result<Vec<Arc<Group>>, CatalogError> {
    let json = body(answer)?;
    let alternatives: Vec<Vec<_>> = filter.alternatives().iter().map(|terms| terms.iter().map(Condition::of_term).collect()).collect();
    let mut found = BTreeMap::new();
    for entity in list(&json)? {
        let group = entity::group(entity.get().to_owned()).map_err(CatalogError::Senseless)?;
        if alternatives.iter().any(|conditions| search::meets_all(&group.json, conditions)) {
            found.insert(group.entity_ref.clone(), Arc::new(group));
        }
    }
    if found.len() > MAX_GROUPS { Err(CatalogError::TooMany) } else { Ok(found.into_values().collect()) }
}

fn list(json: &str) -> Result<Vec<&RawValue>, CatalogError> {
    serde_json::from_str(json).map_err(|error| CatalogError::Senseless(format!("it is no list: {error}")))
}

/// The body of an answer that is none of an error.
fn body(answer: HttpAnswer) -> Result<String, CatalogError> {
    match answer.status.as_u16() {
        200..=299 => String::from_utf8(answer.body).map_err(|_| CatalogError::Senseless("it is no UTF-8".into())),
        status @ 400..=599 => Err(CatalogError::Answered(Arc::new(refusal(status, &answer)))),
        status => Err(CatalogError::Senseless(format!("the status is {status}"))),
    }
}

/// What the catalog says about its own error.
///
/// Source: `ResponseError.fromResponse` of Backstage, which puts any other text into the message.
fn refusal(status: u16, answer: &HttpAnswer) -> UpstreamError {
    let status_text = answer.status.canonical_reason().unwrap_or_default();
    let is_json = answer.headers.get(http::header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let text = if answer.body.len() > MAX_ERROR_BODY { "" } else { std::str::from_utf8(&answer.body).unwrap_or_default() };
    let said = is_json.then(|| error_body(status, text)).flatten();
    let body = said.unwrap_or_else(|| {
        let separator = if text.is_empty() { "" } else { ", " };
        let message = format!("Request failed with status {status} {status_text}{separator}{text}");
        let error = NamedError { name: "Error".into(), message };
        UpstreamBody { error, request: None, response: UpstreamStatus { status_code: status } }
    });
    UpstreamError { status, status_text, body }
}

/// Backstage's error body, if it is one: of its members only those that every such body has.
fn error_body(status: u16, text: &str) -> Option<UpstreamBody> {
    let body: serde_json::Value = serde_json::from_str(text).ok()?;
    let text = |pointer| Some(body.pointer(pointer)?.as_str()?.to_owned());
    body.get("response").filter(|response| response.is_object())?;
    let error = NamedError { name: text("/error/name")?, message: text("/error/message")? };
    let request = text("/request/method").zip(text("/request/url")).map(|(method, url)| UpstreamRequest { method, url });
    Some(UpstreamBody { error, request, response: UpstreamStatus { status_code: status } })
}
