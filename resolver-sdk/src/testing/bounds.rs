//! The bounds within which a test grants a power.

use std::{fmt, rc::Rc};

use crate::{EntityRef, Error, entity_ref::MAX_PART_BYTES, fold::fold};

/// Which names, or which refs of ownership, a power may give out. In a config these are patterns of kind, namespace and name; in a test it is a function.
#[derive(Clone)]
pub struct Bounds {
    allow: Rc<dyn Fn(&EntityRef) -> bool>,
    pub(super) unless_in_catalog: bool,
}

impl Bounds {
    /// Any name.
    pub fn any() -> Self {
        Self::only(|_| true)
    }

    /// The names for which the function is true; it is asked with the ref in lower case.
    pub fn only(allow: impl Fn(&EntityRef) -> bool + 'static) -> Self {
        Self { allow: Rc::new(allow), unless_in_catalog: false }
    }

    /// Whether the ref, in lower case, is within them.
    pub(super) fn allow(&self, entity_ref: &EntityRef) -> bool {
        (self.allow)(entity_ref)
    }

    /// The same, but no name that a user of the catalog bears. Only `issue-self` has this bound.
    #[must_use]
    pub fn unless_in_catalog(self) -> Self {
        Self { unless_in_catalog: true, ..self }
    }
}

impl fmt::Debug for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounds").field("unless_in_catalog", &self.unless_in_catalog).finish_non_exhaustive()
    }
}

/// The bounds of a power that the test has granted.
pub(super) fn granted<'a, B>(power: &str, decision: Option<&'a B>) -> Result<&'a B, Error> {
    decision.ok_or_else(|| Error::not_allowed(format!("The resolver may not use {power}: stagedoor.components.<name>.grants.{power} denies it")))
}

/// The name as the host would issue it, if it is one and within the bounds.
pub(super) fn issued(power: &str, bounds: &Bounds, name: &EntityRef) -> Result<EntityRef, Error> {
    let name = canonical(name).ok_or(Error::input("Invalid entity ref: no entity can bear it"))?;
    // The guard stands behind every grant: whatever the bounds say, only users sign in.
    if name.kind() == "user" && bounds.allow(&name) { Ok(name) } else { Err(out_of_bounds(power, &name)) }
}

pub(super) fn out_of_bounds(power: &str, name: &EntityRef) -> Error {
    beyond(power, "user", name)
}

/// A refusal of what is out of bounds: a user, ref, claim or header.
pub(super) fn beyond(power: &str, subject: &str, what: impl fmt::Display) -> Error {
    Error::not_allowed(format!("The resolver may not use {power} for this {subject}")).because(format_args!("{what}: out of bounds"))
}

/// The ref in lower case; `None` if no entity can bear it (`stagedoor:resolver/types.entity-ref`).
pub(super) fn canonical(entity_ref: &EntityRef) -> Option<EntityRef> {
    // Lower case can be longer.
    let part = |part: &str| Some(fold(part).into_owned()).filter(|folded| folded.len() <= MAX_PART_BYTES);
    let EntityRef { kind, namespace, name } = Some(entity_ref).filter(|entity_ref| entity_ref.can_be_borne())?;
    Some(EntityRef { kind: part(kind)?, namespace: part(namespace)?, name: part(name)? })
}
