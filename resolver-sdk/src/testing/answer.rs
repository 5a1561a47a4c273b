//! What would come of an identity if a resolver returned it.

use serde_json::Value;

use super::fake_context::FakeContext;
use crate::{Context, EntityRef, Identity, Profile, handle};

/// What the page would get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The `sub` of the token.
    pub user_entity_ref: String,
    /// The `ent` of the token, before any ownership component.
    pub ownership_entity_refs: Vec<String>,
    /// Further claims of the token, as a JSON object.
    pub claims: Value,
    /// How the person is shown.
    pub profile: Profile,
}

impl FakeContext {
    /// What the page would get if a resolver returned this identity.
    pub fn answer(&self, identity: &Identity) -> Answer {
        let handle::Identity { user_entity_ref, ownership_entity_refs, claims, profile, .. } = &identity.0;
        Answer {
            user_entity_ref: user_entity_ref.to_string(),
            ownership_entity_refs: ownership_entity_refs.borrow().iter().map(EntityRef::to_string).collect(),
            claims: Value::Object(claims.borrow().clone()),
            profile: profile.borrow().clone().unwrap_or_else(|| self.profile()),
        }
    }
}
