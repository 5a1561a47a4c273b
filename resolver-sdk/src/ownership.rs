//! What somebody owns, put together before it is given out.

use std::vec;

use crate::{Context, EntityRef, Error, Group, User};

/// Refs in order, each once. What [`Context::add_ownership`], [`Context::replace_ownership`] and an ownership component want is a list of them; this
/// makes one.
///
/// ```
/// use resolver_sdk::{Context, EntityRef, Error, Identity, Ownership, UserQuery};
///
/// fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
///     let name = ctx.required_header("x-forwarded-user", "Request did not contain a user")?;
///     let user = ctx.find_user(UserQuery::name(name))?;
///     let identity = ctx.sign_in_user(&user)?;
///     ctx.add_ownership(&identity, Ownership::of(&user).with_ancestors(ctx, 6)?)?;
///     Ok(identity)
/// }
/// # use resolver_sdk::testing::{Bounds, FakeContext, FakeGroup, FakeUser};
/// # let ctx = FakeContext::new().with_user(FakeUser::new("alice").member_of("team-a")).with_header("x-forwarded-user", "alice");
/// # let ctx = ctx.with_group(FakeGroup::new("team-a").child_of("dept")).grant_groups().grant_add_ownership(Bounds::any());
/// # let answer = ctx.answer(&resolve(&ctx)?);
/// # assert_eq!(answer.ownership_entity_refs, ["user:default/alice", "group:default/team-a", "group:default/dept"]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership(Vec<EntityRef>);

impl Ownership {
    /// What the catalog says of a user: themselves, then the groups they are direct members of.
    pub fn of(user: &User) -> Self {
        Self(user.ownership_entity_refs())
    }

    /// These and then the others, each once. Those that no entity can bear are left out.
    #[must_use]
    pub fn and(self, others: impl IntoIterator<Item = EntityRef>) -> Self {
        Self(EntityRef::each_once(self.0.into_iter().chain(others)))
    }

    /// With all groups above those that are in it, up to so many levels, the nearest first. **Power `groups`.** Cycles end. A group that the catalog does
    /// not have stays, but nothing is climbed from it.
    ///
    /// Each level may cost a look-up. A catalog that fails on the way up is an error: half of what somebody owns is not what they own.
    pub fn with_ancestors(self, ctx: &impl Context, levels: u32) -> Result<Self, Error> {
        let Some(depth) = levels.checked_sub(1) else { return Ok(self) };
        let groups = self.0.iter().filter(|owned| owned.kind().eq_ignore_ascii_case("group")).cloned();
        let found = ctx.get_ancestors(groups, depth)?;
        Ok(self.and(found.iter().filter_map(Group::parent)))
    }
}

impl FromIterator<EntityRef> for Ownership {
    fn from_iter<I: IntoIterator<Item = EntityRef>>(refs: I) -> Self {
        Self(EntityRef::each_once(refs))
    }
}

impl IntoIterator for Ownership {
    type Item = EntityRef;
    type IntoIter = vec::IntoIter<EntityRef>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Ownership> for Vec<EntityRef> {
    fn from(ownership: Ownership) -> Self {
        ownership.0
    }
}
