//! User info in memory: gone with the process, like the keys.
//!
//! At most 100,000 users are kept. Beyond that somebody makes room for whoever signs in: a backend that asks about that user is told that there is
//! none, as after a restart, until they sign in again.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use crate::{
    domain::{claims::Claims, entity_ref::EntityRef},
    ports::{
        BoxFuture,
        user_info_store::{UserInfo, UserInfoError, UserInfoStore},
    },
};

const SHARDS: usize = 16;
const MOST_USERS: usize = 100_000;

type Shard = HashMap<EntityRef, (Vec<EntityRef>, Claims)>;

/// Claims by `sub`, spread over shards so that sign-ins of different users do not meet.
#[derive(Debug)]
pub struct UserInfoInMemory {
    shards: [RwLock<Shard>; SHARDS],
    most_in_a_shard: usize,
}

impl Default for UserInfoInMemory {
    fn default() -> Self {
        Self::for_users(MOST_USERS)
    }
}

impl UserInfoInMemory {
    /// For so many users, at least one in each shard.
    fn for_users(most: usize) -> Self {
        Self { shards: std::array::from_fn(|_| RwLock::default()), most_in_a_shard: (most / SHARDS).max(1) }
    }

    /// Keeps the claims, in place of anybody's where there is no room.
    fn keep(&self, shard: &mut Shard, user: &EntityRef, ownership: &[EntityRef], claims: &Claims) {
        if shard.len() >= self.most_in_a_shard
            && !shard.contains_key(user)
            && let Some(anybody) = shard.keys().next().cloned()
        {
            shard.remove(&anybody);
        }
        shard.insert(user.clone(), (ownership.to_vec(), claims.clone()));
    }

    fn shard(&self, sub: &str) -> &RwLock<Shard> {
        let sum: usize = sub.bytes().map(usize::from).sum();
        &self.shards[sum % self.shards.len()]
    }
}

impl UserInfoStore for UserInfoInMemory {
    fn put<'a>(&'a self, user: &'a EntityRef, ownership: &'a [EntityRef], claims: &'a Claims) -> BoxFuture<'a, Result<(), UserInfoError>> {
        let shard = self.shard(user.as_str());
        // Most sign-ins change nothing.
        let unchanged =
            shard.read().unwrap_or_else(PoisonError::into_inner).get(user).is_some_and(|known| known.0 == ownership && known.1 == *claims);
        if !unchanged {
            self.keep(&mut shard.write().unwrap_or_else(PoisonError::into_inner), user, ownership, claims);
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn get<'a>(&'a self, sub: &'a str) -> BoxFuture<'a, Result<Option<UserInfo>, UserInfoError>> {
        let user = EntityRef::parse(sub, "user", "default").ok();
        let found = user.and_then(|user| {
            let shard = self.shard(user.as_str()).read().unwrap_or_else(PoisonError::into_inner);
            shard.get(&user).map(|(ownership, claims)| UserInfo { user: user.clone(), ownership: ownership.clone(), claims: claims.clone() })
        });
        Box::pin(std::future::ready(Ok(found)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> EntityRef {
        EntityRef::new("user", "default", name).unwrap()
    }

    #[tokio::test]
    async fn the_latest_claims_of_a_user_count() {
        let store = UserInfoInMemory::default();
        for group in ["group:default/a", "group:default/b"] {
            store.put(&user("alice"), &[EntityRef::parse(group, "group", "default").unwrap()], &Claims::default()).await.unwrap();
        }
        let found = store.get("user:default/alice").await.unwrap().unwrap();
        assert_eq!((found.user, found.ownership[0].name()), (user("alice"), "b"));
        assert!(store.get("user:default/bob").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn there_is_room_for_so_many_users_and_for_whoever_comes_last() {
        let store = UserInfoInMemory::for_users(4 * SHARDS);
        for nth in 0..1000 {
            let user = user(&format!("user-{nth}"));
            for _ in 0..2 {
                store.put(&user, &[], &Claims::default()).await.unwrap();
                store.put(&user, std::slice::from_ref(&user), &Claims::default()).await.unwrap();
            }
            assert_eq!(store.get(user.as_str()).await.unwrap().unwrap().ownership, [user]);
        }
        let kept: usize = store.shards.iter().map(|shard| shard.read().unwrap().len()).sum();
        assert_eq!(kept, 4 * SHARDS);
    }
}
