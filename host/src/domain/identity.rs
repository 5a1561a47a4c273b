//! Whom an answer will be about, and where that name came from.

use std::sync::Arc;

use super::{entity_ref::EntityRef, profile::Profile, user::User};

/// What a resolver returns. Only host functions make one.
#[derive(Debug, Clone)]
pub struct Identity {
    /// How the name was come by; the guard asks again whether that was allowed.
    pub origin: Origin,
    /// Replaces the profile of the request in the answer.
    pub profile: Option<Profile>,
}

/// How an identity was come by.
#[derive(Debug, Clone)]
pub enum Origin {
    /// The one user that matched in the catalog.
    Catalog(Arc<User>),
    /// The catalog knew nobody, and the grant of `fallback` allows this name.
    Fallback(EntityRef),
    /// Nobody was asked: the grant of `issue-self` allows this name.
    IssueSelf(EntityRef),
}

impl Identity {
    /// An identity without a profile of its own.
    pub fn new(origin: Origin) -> Self {
        Self { origin, profile: None }
    }

    /// The `sub` of the token.
    pub fn user_entity_ref(&self) -> &EntityRef {
        match &self.origin {
            Origin::Catalog(user) => &user.entity_ref,
            Origin::Fallback(name) | Origin::IssueSelf(name) => name,
        }
    }

    /// The `ent` of the token: of a catalog user what the catalog says, of any other name just itself.
    pub fn ownership_entity_refs(&self) -> &[EntityRef] {
        match &self.origin {
            Origin::Catalog(user) => &user.ownership_entity_refs,
            Origin::Fallback(name) | Origin::IssueSelf(name) => std::slice::from_ref(name),
        }
    }
}
