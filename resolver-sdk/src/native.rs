//! What stands behind a user and an identity outside a component: plain values, made by the fake context.

#![cfg_attr(not(feature = "testing"), expect(dead_code, reason = "without the fake context nobody makes these values"))]

use std::cell::RefCell;

use serde_json::{Map, Value};

use crate::{EntityRef, Profile};

/// A user of the fake catalog.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) entity_ref: EntityRef,
    pub(crate) profile: Profile,
    pub(crate) annotations: Vec<(String, String)>,
    pub(crate) ownership_entity_refs: Vec<EntityRef>,
    pub(crate) json: String,
}

impl User {
    pub(crate) fn entity_ref(&self) -> EntityRef {
        self.entity_ref.clone()
    }

    pub(crate) fn profile(&self) -> Profile {
        self.profile.clone()
    }

    pub(crate) fn annotation(&self, key: &str) -> Option<String> {
        self.annotations.iter().find(|(k, _)| k == key).map(|(_, value)| value.clone())
    }

    pub(crate) fn ownership_entity_refs(&self) -> Vec<EntityRef> {
        self.ownership_entity_refs.clone()
    }

    pub(crate) fn json(&self) -> String {
        self.json.clone()
    }
}

/// A group of the fake catalog.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) entity_ref: EntityRef,
    pub(crate) display_name: Option<String>,
    pub(crate) parent: Option<EntityRef>,
    pub(crate) json: String,
}

impl Group {
    pub(crate) fn entity_ref(&self) -> EntityRef {
        self.entity_ref.clone()
    }

    pub(crate) fn display_name(&self) -> Option<String> {
        self.display_name.clone()
    }

    pub(crate) fn parent(&self) -> Option<EntityRef> {
        self.parent.clone()
    }

    pub(crate) fn json(&self) -> String {
        self.json.clone()
    }
}

/// An identity that the fake context made.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) user_entity_ref: EntityRef,
    /// What is theirs without any power.
    pub(crate) original_ownership: Vec<EntityRef>,
    /// What they own. In a cell, as the others, because in a component it is changed through a handle.
    pub(crate) ownership_entity_refs: RefCell<Vec<EntityRef>>,
    /// Further claims of the token.
    pub(crate) claims: RefCell<Map<String, Value>>,
    /// Replaces that of the request.
    pub(crate) profile: RefCell<Option<Profile>>,
}

impl Identity {
    pub(crate) fn user_entity_ref(&self) -> EntityRef {
        self.user_entity_ref.clone()
    }

    pub(crate) fn set_profile(&self, profile: Profile) {
        self.profile.replace(Some(profile));
    }
}
