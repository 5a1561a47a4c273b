//! A user entity of the catalog.

use serde::de::DeserializeOwned;

use crate::{EntityRef, Error, Profile, handle};

/// A user that the catalog gave in this sign-in. Only the [`Context`](crate::Context) makes one.
#[derive(Debug)]
pub struct User(pub(crate) handle::User);

impl User {
    /// The user's ref, in lower case.
    pub fn entity_ref(&self) -> EntityRef {
        self.0.entity_ref()
    }

    /// `spec.profile`.
    pub fn profile(&self) -> Profile {
        self.0.profile()
    }

    /// The value of an annotation; the key is compared exactly.
    pub fn annotation(&self, key: &str) -> Option<String> {
        self.0.annotation(key)
    }

    /// The user, then the groups it is a direct member of, each once.
    pub fn ownership_entity_refs(&self) -> Vec<EntityRef> {
        self.0.ownership_entity_refs()
    }

    /// The whole entity, read into a type of your own that names what you need.
    ///
    /// Fails with an error `other` if the entity does not have that shape.
    ///
    /// ```
    /// # use resolver_sdk::{Context, Error, UserQuery, testing::{FakeContext, FakeUser}};
    /// #[derive(serde::Deserialize)]
    /// struct Entity { metadata: Metadata }
    /// #[derive(serde::Deserialize)]
    /// struct Metadata { #[serde(default)] tags: Vec<String> }
    ///
    /// # let alice = serde_json::json!({ "metadata": { "name": "alice", "tags": ["staff"] } });
    /// # let ctx = FakeContext::new().with_user(FakeUser::from_entity(alice));
    /// let user = ctx.find_user(UserQuery::name("alice"))?;
    /// assert!(user.entity::<Entity>()?.metadata.tags.contains(&"staff".to_owned()));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn entity<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.json())
            .map_err(|error| Error::other("The catalog entity of the user is not as the resolver expects it").because(error))
    }

    /// The whole entity as JSON.
    pub fn json(&self) -> String {
        self.0.json()
    }
}
