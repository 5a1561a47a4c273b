//! The table `user_info`, and what its column of that name holds, byte for byte as Backstage writes it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    domain::entity_ref::EntityRef,
    ports::user_info_store::{UserInfo, UserInfoError},
};

/// What a write may overwrite.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// Whatever stands there: the last writer wins, as in Backstage.
    Anything,
    /// Only claims of a sign-in that was no later.
    Older,
}

/// The claims of each user.
pub(super) trait ClaimsTable: Send + Sync + 'static {
    /// Stores those of a sign-in at this time since the Unix epoch.
    fn put(&self, user: &EntityRef, ownership: &[EntityRef], at: Duration, over: Over) -> impl Future<Output = Result<(), UserInfoError>> + Send;

    /// Those of this `sub`; `None` if there are none.
    fn get(&self, sub: &str) -> impl Future<Output = Result<Option<UserInfo>, UserInfoError>> + Send;
}

#[derive(Serialize)]
struct Written<'a> {
    claims: WrittenClaims<'a>,
}

#[derive(Serialize)]
struct WrittenClaims<'a> {
    sub: &'a EntityRef,
    ent: &'a [EntityRef],
}

#[derive(Deserialize)]
struct Read {
    claims: ReadClaims,
}

#[derive(Deserialize)]
struct ReadClaims {
    sub: String,
    #[serde(default)]
    ent: Vec<String>,
}

/// The claims as JSON.
pub(super) fn write(user: &EntityRef, ownership: &[EntityRef]) -> Result<String, UserInfoError> {
    let written = Written { claims: WrittenClaims { sub: user, ent: ownership } };
    serde_json::to_string(&written).map_err(|error| UserInfoError(error.to_string()))
}

/// The claims that somebody wrote about this user.
pub(super) fn read(json: &str) -> Result<UserInfo, UserInfoError> {
    let Read { claims } = serde_json::from_str(json).map_err(|error| UserInfoError(format!("the stored claims cannot be read: {error}")))?;
    let parsed = |text: &str| {
        EntityRef::parse(text, "user", "default").map_err(|error| UserInfoError(format!("the stored claims hold no entity ref: {error}")))
    };
    Ok(UserInfo { user: parsed(&claims.sub)?, ownership: claims.ent.iter().map(|text| parsed(text)).collect::<Result<_, _>>()? })
}
