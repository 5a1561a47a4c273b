//! The table `user_info`, and what its column of that name holds, byte for byte as Backstage writes it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    domain::{claims::Claims, entity_ref::EntityRef},
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
    /// Stores what [`write()`] made of those of a sign-in at this time since the Unix epoch.
    fn put(&self, user: &EntityRef, claims: &str, at: Duration, over: Over) -> impl Future<Output = Result<(), UserInfoError>> + Send;

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
    #[serde(flatten)]
    further: &'a Claims,
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
    #[serde(flatten)]
    further: Claims,
}

/// The claims as JSON.
pub(super) fn write(user: &EntityRef, ownership: &[EntityRef], further: &Claims) -> Result<String, UserInfoError> {
    let written = Written { claims: WrittenClaims { sub: user, ent: ownership, further } };
    serde_json::to_string(&written).map_err(|error| UserInfoError(error.to_string()))
}

/// The claims that somebody wrote about this user.
pub(super) fn read(json: &str) -> Result<UserInfo, UserInfoError> {
    let Read { claims } = serde_json::from_str(json).map_err(|error| UserInfoError(format!("the stored claims cannot be read: {error}")))?;
    let parsed = |text: &str| {
        EntityRef::parse(text, "user", "default").map_err(|error| UserInfoError(format!("the stored claims hold no entity ref: {error}")))
    };
    let ownership = claims.ent.iter().map(|text| parsed(text)).collect::<Result<_, _>>()?;
    Ok(UserInfo { user: parsed(&claims.sub)?, ownership, claims: claims.further })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_claims_stand_behind_and_are_read_as_they_were_written() {
        let alice = EntityRef::new("user", "default", "alice").unwrap();
        let further = Claims::parse(r#"{"zeta":[1,{"a":"\\"}],"alpha":null}"#).unwrap();
        let json = write(&alice, std::slice::from_ref(&alice), &further).unwrap();
        assert_eq!(json, r#"{"claims":{"sub":"user:default/alice","ent":["user:default/alice"],"zeta":[1,{"a":"\\"}],"alpha":null}}"#);
        let info = read(&json).unwrap();
        assert_eq!((info.user, info.ownership.len(), info.claims), (alice, 1, further));
    }

    /// Backstage lets its resolvers claim what they like.
    #[test]
    fn what_backstage_wrote_is_passed_on_whatever_our_own_bounds() {
        let json = r#"{"claims":{"groups":["a"],"n":9007199254740993,"ent":[],"jti":"x","sub":"user:default/alice"}}"#;
        let info = read(json).unwrap();
        assert_eq!(serde_json::to_string(&info.claims).unwrap(), r#"{"groups":["a"],"n":9007199254740993,"jti":"x"}"#);
    }
}
