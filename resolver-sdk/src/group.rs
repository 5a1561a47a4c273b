//! A group entity of the catalog.

use serde::de::DeserializeOwned;

use crate::{EntityRef, Error, handle};

/// A group that the catalog gave in this sign-in. Only the [`Context`](crate::Context) makes one; the names of groups in a claim are
/// [`Groups`](crate::Groups).
#[derive(Debug)]
pub struct Group(pub(crate) handle::Group);

impl Group {
    /// The group's ref, in lower case.
    pub fn entity_ref(&self) -> EntityRef {
        self.0.entity_ref()
    }

    /// `spec.profile.displayName`.
    pub fn display_name(&self) -> Option<String> {
        self.0.display_name()
    }

    /// The group above it, whether or not the catalog has that one.
    pub fn parent(&self) -> Option<EntityRef> {
        self.0.parent()
    }

    /// The whole entity, read into a type of your own that names what you need.
    ///
    /// Fails with an error `other` if the entity does not have that shape.
    pub fn entity<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.json())
            .map_err(|error| Error::other("The catalog entity of a group is not as the resolver expects it").because(error))
    }

    /// The whole entity as JSON.
    pub fn json(&self) -> String {
        self.0.json()
    }
}
