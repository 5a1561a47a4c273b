//! User info in memory: gone with the process, like the keys.
//!
//! At most 100,000 users and 256 MiB are kept. Beyond that somebody makes room for whoever signs in: a backend that asks about that user is told that there is
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

const MOST_BYTES: usize = 256 * 1024 * 1024;

#[derive(Debug, Default)]
struct Shard {
    users: HashMap<EntityRef, Kept>,
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    ownership: Vec<EntityRef>,
    claims: Claims,
    bytes: usize,
}

/// Claims by `sub`, spread over shards so that sign-ins of different users do not meet.
#[derive(Debug)]
pub struct UserInfoInMemory {
    shards: [RwLock<Shard>; SHARDS],
    most_in_a_shard: usize,
    most_bytes_in_a_shard: usize,
}

impl Default for UserInfoInMemory {
    fn default() -> Self {
        Self::of(MOST_USERS, MOST_BYTES)
    }
}

impl UserInfoInMemory {
    /// For so many users and bytes, at least one user in each shard.
    fn of(users: usize, bytes: usize) -> Self {
        let shards = std::array::from_fn(|_| RwLock::default());
        Self { shards, most_in_a_shard: (users / SHARDS).max(1), most_bytes_in_a_shard: bytes / SHARDS }
    }

    /// Keeps the claims, in place of anybody's where there is no room.
    fn keep(&self, shard: &mut Shard, user: EntityRef, kept: Kept) {
        shard.forget(&user);
        while shard.users.len() >= self.most_in_a_shard || shard.bytes + kept.bytes > self.most_bytes_in_a_shard {
            let Some(anybody) = shard.users.keys().next().cloned() else { break };
            shard.forget(&anybody);
        }
        shard.bytes += kept.bytes;
        shard.users.insert(user, kept);
    }

    fn shard(&self, sub: &str) -> &RwLock<Shard> {
        let sum: usize = sub.bytes().map(usize::from).sum();
        &self.shards[sum % self.shards.len()]
    }
}

impl Shard {
    fn forget(&mut self, user: &EntityRef) {
        self.bytes -= self.users.remove(user).map_or(0, |kept| kept.bytes);
    }
}

impl Kept {
    fn new(user: &EntityRef, ownership: &[EntityRef], claims: &Claims) -> Self {
        let bytes = [user].into_iter().chain(ownership).map(|owned| owned.as_str().len() + 64).sum::<usize>() + claims.bytes();
        Self { ownership: ownership.to_vec(), claims: claims.clone(), bytes }
    }
}

impl UserInfoStore for UserInfoInMemory {
    fn put<'a>(&'a self, user: &'a EntityRef, ownership: &'a [EntityRef], claims: &'a Claims) -> BoxFuture<'a, Result<(), UserInfoError>> {
        let shard = self.shard(user.as_str());
        // Most sign-ins change nothing.
        let same = |known: &Kept| known.ownership == ownership && known.claims == *claims;
        let unchanged = shard.read().unwrap_or_else(PoisonError::into_inner).users.get(user).is_some_and(same);
        if !unchanged {
            // Copied and measured before anybody has to wait.
            let (user, kept) = (user.clone(), Kept::new(user, ownership, claims));
            self.keep(&mut shard.write().unwrap_or_else(PoisonError::into_inner), user, kept);
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn get<'a>(&'a self, sub: &'a str) -> BoxFuture<'a, Result<Option<UserInfo>, UserInfoError>> {
        let user = EntityRef::parse(sub, "user", "default").ok();
        let found = user.and_then(|user| {
            let shard = self.shard(user.as_str()).read().unwrap_or_else(PoisonError::into_inner);
            let info = |kept: &Kept| UserInfo { user: user.clone(), ownership: kept.ownership.clone(), claims: kept.claims.clone() };
            shard.users.get(&user).map(info)
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
        let store = UserInfoInMemory::of(4 * SHARDS, MOST_BYTES);
        for nth in 0..1000 {
            let user = user(&format!("user-{nth}"));
            for _ in 0..2 {
                store.put(&user, &[], &Claims::default()).await.unwrap();
                store.put(&user, std::slice::from_ref(&user), &Claims::default()).await.unwrap();
            }
            assert_eq!(store.get(user.as_str()).await.unwrap().unwrap().ownership, [user]);
        }
        let kept: usize = store.shards.iter().map(|shard| shard.read().unwrap().users.len()).sum();
        assert_eq!(kept, 4 * SHARDS);
    }

    #[tokio::test]
    async fn there_is_room_for_so_many_bytes_and_for_whoever_comes_last() {
        let store = UserInfoInMemory::of(MOST_USERS, 40_000 * SHARDS);
        let claims = Claims::parse(&format!(r#"{{"groups":"{}"}}"#, "x".repeat(8000))).unwrap();
        for nth in 0..1000 {
            let user = user(&format!("user-{nth}"));
            for claims in [&claims, &Claims::default(), &claims] {
                store.put(&user, &[], claims).await.unwrap();
            }
            assert_eq!(store.get(user.as_str()).await.unwrap().unwrap().claims, claims);
        }
        for shard in &store.shards {
            let shard = shard.read().unwrap();
            let bytes: usize = shard.users.values().map(|kept| kept.bytes).sum();
            assert_eq!((shard.users.len(), shard.bytes), (4, bytes));
        }
    }
}
