//! Whom an answer will be about, and where that name came from.

use std::{collections::HashSet, sync::Arc};

use super::{claims::Claims, entity_ref::EntityRef, grant::Power, profile::Profile, user::User};

/// Refs that a resolver may give out in one sign-in, on top of what they own anyway; and as many an ownership component.
pub const MAX_REFS: usize = 2000;

/// What a resolver returns. Only host functions make one.
#[derive(Debug, Clone)]
pub struct Identity {
    /// How the name was come by; the guard asks again whether that was allowed.
    pub origin: Origin,
    /// Replaces the profile of the request in the answer.
    pub profile: Option<Profile>,
    /// What an ownership component says that this catalog user owns, in the place of what the catalog says.
    pub resolved_ownership: Option<Vec<EntityRef>>,
    /// Stands in the place of what they own otherwise (`replace-ownership`).
    pub replaced_ownership: Option<Vec<EntityRef>>,
    /// They own this as well (`add-ownership`).
    pub added_ownership: Vec<EntityRef>,
    /// Further claims of the token (`add-token-claims`).
    pub claims: Claims,
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
        Self { origin, profile: None, resolved_ownership: None, replaced_ownership: None, added_ownership: Vec::new(), claims: Claims::default() }
    }

    /// The `sub` of the token.
    pub fn user_entity_ref(&self) -> &EntityRef {
        match &self.origin {
            Origin::Catalog(user) => &user.entity_ref,
            Origin::Fallback(name) | Origin::IssueSelf(name) => name,
        }
    }

    /// What they own before any power has changed it: of a catalog user what an ownership component says, or else the catalog; of any other name
    /// just itself.
    pub fn original_ownership(&self) -> &[EntityRef] {
        match (&self.origin, &self.resolved_ownership) {
            (Origin::Catalog(_), Some(resolved)) => resolved,
            (Origin::Catalog(user), None) => &user.ownership_entity_refs,
            (Origin::Fallback(name) | Origin::IssueSelf(name), _) => std::slice::from_ref(name),
        }
    }

    /// The `ent` of the token: each ref once, where it came first. What the resolver replaces stands in the place of what an ownership component
    /// says; what it adds comes behind either.
    pub fn ownership_entity_refs(&self) -> Vec<EntityRef> {
        let base = self.replaced_ownership.as_deref().unwrap_or(self.original_ownership());
        if self.replaced_ownership.is_none() && self.resolved_ownership.is_none() && self.added_ownership.is_empty() {
            return base.to_vec();
        }
        let mut seen = HashSet::with_capacity(base.len() + self.added_ownership.len());
        base.iter().chain(&self.added_ownership).filter(|owned| seen.insert(*owned)).cloned().collect()
    }

    /// Those of the refs that are not theirs already: neither themselves nor what they own originally. Only these need bounds.
    pub fn not_theirs<'a>(&self, refs: &'a [EntityRef]) -> Vec<&'a EntityRef> {
        let theirs: HashSet<_> = self.original_ownership().iter().chain([self.user_entity_ref()]).collect();
        refs.iter().filter(|owned| !theirs.contains(owned)).collect()
    }

    /// The powers that have changed it, for the record.
    pub fn powers(&self) -> Vec<Power> {
        let changed = [
            (Power::ReplaceOwnership, self.replaced_ownership.is_some()),
            (Power::AddOwnership, !self.added_ownership.is_empty()),
            (Power::AddTokenClaims, !self.claims.is_empty()),
        ];
        changed.into_iter().filter_map(|(power, changed)| changed.then_some(power)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refs(texts: &[&str]) -> Vec<EntityRef> {
        texts.iter().map(|text| EntityRef::parse(text, "group", "default").unwrap()).collect()
    }

    #[test]
    fn what_is_added_comes_behind_what_is_there_and_each_ref_once() {
        let [zed] = &refs(&["user:default/zed"])[..] else { panic!() };
        let mut identity = Identity::new(Origin::IssueSelf(zed.clone()));
        assert_eq!((identity.ownership_entity_refs(), identity.powers()), (refs(&["user:default/zed"]), vec![]));
        identity.added_ownership = refs(&["b", "user:default/zed", "a", "b"]);
        assert_eq!(identity.ownership_entity_refs(), refs(&["user:default/zed", "b", "a"]));
        identity.replaced_ownership = Some(refs(&["a", "c", "a"]));
        assert_eq!(identity.ownership_entity_refs(), refs(&["a", "c", "b", "user:default/zed"]));
        (identity.replaced_ownership, identity.added_ownership) = (Some(vec![]), vec![]);
        assert_eq!((identity.ownership_entity_refs(), identity.powers()), (vec![], vec![Power::ReplaceOwnership]));
        assert_eq!(identity.not_theirs(&refs(&["user:default/zed", "a"])), [&refs(&["a"])[0]]);
    }

    #[test]
    fn what_an_ownership_component_says_stands_in_the_place_of_what_the_catalog_says() {
        let user = User {
            entity_ref: refs(&["user:default/zed"])[0].clone(),
            profile: Profile::default(),
            annotations: vec![],
            ownership_entity_refs: refs(&["user:default/zed", "a"]),
            json: String::new(),
        };
        let mut identity = Identity::new(Origin::Catalog(Arc::new(user)));
        identity.resolved_ownership = Some(refs(&["b", "c", "b"]));
        assert_eq!((identity.ownership_entity_refs(), identity.powers()), (refs(&["b", "c"]), vec![]), "each once, and it is no power");
        identity.added_ownership = refs(&["d", "c"]);
        assert_eq!(identity.ownership_entity_refs(), refs(&["b", "c", "d"]));
        identity.replaced_ownership = Some(refs(&["e"]));
        assert_eq!(identity.ownership_entity_refs(), refs(&["e", "d", "c"]), "the resolver has the last word");
        identity.origin = Origin::Fallback(refs(&["user:default/zed"])[0].clone());
        (identity.replaced_ownership, identity.added_ownership) = (None, vec![]);
        assert_eq!(identity.ownership_entity_refs(), refs(&["user:default/zed"]), "of nobody but catalog users");
    }
}
