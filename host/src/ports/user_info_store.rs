//! What `/v1/userinfo` answers: the claims of each user's last sign-in.

use crate::domain::{claims::Claims, entity_ref::EntityRef};

use super::BoxFuture;

/// The claims of a user's last sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserInfo {
    /// `sub`.
    pub user: EntityRef,
    /// `ent`.
    pub ownership: Vec<EntityRef>,
    /// Further claims.
    pub claims: Claims,
}

/// Keeps the claims by user; the last writer wins, as in Backstage.
pub trait UserInfoStore: Send + Sync {
    /// Stores them. A sign-in whose user info could not be stored fails.
    fn put<'a>(&'a self, user: &'a EntityRef, ownership: &'a [EntityRef], claims: &'a Claims) -> BoxFuture<'a, Result<(), UserInfoError>>;

    /// The claims of this `sub`; `None` if that user never signed in.
    fn get<'a>(&'a self, sub: &'a str) -> BoxFuture<'a, Result<Option<UserInfo>, UserInfoError>>;

    /// Stores what was put off. The last call at a stop.
    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// The store could not be reached.
#[derive(Debug, thiserror::Error)]
#[error("user info could not be stored: {0}")]
pub struct UserInfoError(pub String);
