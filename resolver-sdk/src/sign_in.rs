//! Everything that can be said of an identity, in one expression.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Context, EntityRef, Error, Identity, Profile};

/// An identity that is being completed. Each step takes effect at once; after a step that fails the others are left out, and
/// [`finish`](Self::finish) gives its error.
///
/// ```
/// use resolver_sdk::{Context, EntityRef, Error, Identity, SignIn, UserQuery};
///
/// fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
///     let name = ctx.required_header("x-forwarded-user", "Request did not contain a user")?;
///     let user = ctx.find_user(UserQuery::name(name))?;
///     SignIn::of(ctx, ctx.sign_in_user(&user)?)
///         .add_ownership([EntityRef::group("portal")])
///         .add_claim("email", &user.profile().email)
///         .with_profile(user.profile())
///         .finish()
/// }
/// # use resolver_sdk::testing::{Bounds, FakeContext, FakeUser};
/// # let ctx = FakeContext::new().with_user(FakeUser::new("alice").email("a@corp.example")).with_header("x-forwarded-user", "alice");
/// # let ctx = ctx.grant_add_ownership(Bounds::any()).grant_add_token_claims(["email"]);
/// # let answer = ctx.answer(&resolve(&ctx)?);
/// # assert_eq!(answer.ownership_entity_refs, ["user:default/alice", "group:default/portal"]);
/// # assert_eq!(answer.claims, serde_json::json!({ "email": "a@corp.example" }));
/// # Ok::<(), Error>(())
/// ```
///
/// A step that is not written is a power that is not asked for.
#[derive(Debug)]
pub struct SignIn<'c, C> {
    ctx: &'c C,
    identity: Result<Identity, Error>,
}

impl<'c, C: Context> SignIn<'c, C> {
    /// Begins with an identity, however the [`Context`] came to it.
    pub fn of(ctx: &'c C, identity: Identity) -> Self {
        Self { ctx, identity: Ok(identity) }
    }

    /// [`Context::add_ownership`]: the power of that name.
    #[must_use]
    pub fn add_ownership(self, refs: impl IntoIterator<Item = EntityRef>) -> Self {
        self.step(|ctx, identity| ctx.add_ownership(identity, refs))
    }

    /// [`Context::replace_ownership`]: the power of that name.
    #[must_use]
    pub fn replace_ownership(self, refs: impl IntoIterator<Item = EntityRef>) -> Self {
        self.step(|ctx, identity| ctx.replace_ownership(identity, refs))
    }

    /// One claim of [`Context::add_token_claims`]: the power of that name.
    #[must_use]
    pub fn add_claim<T: Serialize + ?Sized>(self, name: &str, value: &T) -> Self {
        self.step(|ctx, identity| ctx.add_token_claims(identity, &BTreeMap::from([(name, value)])))
    }

    /// [`Identity::set_profile`].
    #[must_use]
    pub fn with_profile(self, profile: Profile) -> Self {
        self.step(|_, identity| {
            identity.set_profile(profile);
            Ok(())
        })
    }

    /// The identity, or the error of the first step that failed.
    pub fn finish(self) -> Result<Identity, Error> {
        self.identity
    }

    fn step(self, step: impl FnOnce(&C, &Identity) -> Result<(), Error>) -> Self {
        let Self { ctx, identity } = self;
        Self { ctx, identity: identity.and_then(|identity| step(ctx, &identity).map(|()| identity)) }
    }
}
