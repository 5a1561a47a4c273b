//! User info in memory: gone with the process, like the keys.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use crate::{
    domain::entity_ref::EntityRef,
    ports::{
        BoxFuture,
        user_info_store::{UserInfo, UserInfoError, UserInfoStore},
    },
};

/// Claims by `sub`, spread over shards so that sign-ins of different users do not meet.
#[derive(Debug)]
pub struct UserInfoInMemory {
    shards: [RwLock<HashMap<EntityRef, Vec<EntityRef>>>; 16],
}

impl Default for UserInfoInMemory {
    fn default() -> Self {
        Self { shards: std::array::from_fn(|_| RwLock::default()) }
    }
}

impl UserInfoInMemory {
    fn shard(&self, sub: &str) -> &RwLock<HashMap<EntityRef, Vec<EntityRef>>> {
        let sum: usize = sub.bytes().map(usize::from).sum();
        &self.shards[sum % self.shards.len()]
    }
}

impl UserInfoStore for UserInfoInMemory {
    fn put<'a>(&'a self, user: &'a EntityRef, ownership: &'a [EntityRef]) -> BoxFuture<'a, Result<(), UserInfoError>> {
        let shard = self.shard(user.as_str());
        // Most sign-ins change nothing.
        let unchanged = shard.read().unwrap_or_else(PoisonError::into_inner).get(user).is_some_and(|known| known == ownership);
        if !unchanged {
            shard.write().unwrap_or_else(PoisonError::into_inner).insert(user.clone(), ownership.to_vec());
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn get<'a>(&'a self, sub: &'a str) -> BoxFuture<'a, Result<Option<UserInfo>, UserInfoError>> {
        let user = EntityRef::parse(sub, "user", "default").ok();
        let found = user.and_then(|user| {
            let shard = self.shard(user.as_str()).read().unwrap_or_else(PoisonError::into_inner);
            shard.get(&user).map(|ownership| UserInfo { user: user.clone(), ownership: ownership.clone() })
        });
        Box::pin(std::future::ready(Ok(found)))
    }
}
