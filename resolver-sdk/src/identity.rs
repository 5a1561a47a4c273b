//! Whom the answer will be about.

use crate::{EntityRef, Profile, handle};

/// The person that a resolver returns. Only the [`Context`](crate::Context) makes one, and it takes effect only when `resolve` returns it.
#[derive(Debug)]
pub struct Identity(pub(crate) handle::Identity);

impl Identity {
    /// Who it is: the `sub` of the token to come, in lower case.
    pub fn user_entity_ref(&self) -> EntityRef {
        self.0.user_entity_ref()
    }

    /// Shows this profile in the answer instead of the one of the request; the last call counts.
    pub fn set_profile(&self, profile: Profile) {
        self.0.set_profile(profile);
    }

    /// The same, to end a `resolve` with.
    ///
    /// ```
    /// use resolver_sdk::{Context, Error, Identity, UserQuery};
    ///
    /// fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    ///     let name = ctx.required_header("x-forwarded-user", "Request did not contain a user")?;
    ///     let user = ctx.find_user(UserQuery::name(name))?;
    ///     Ok(ctx.sign_in_user(&user)?.with_profile(user.profile()))
    /// }
    /// ```
    #[must_use]
    pub fn with_profile(self, profile: Profile) -> Self {
        self.set_profile(profile);
        self
    }
}
