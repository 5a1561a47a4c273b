//! What the groups above a team own, its members own, whichever resolver signed them in: an ownership component.

use resolver_sdk::{Context, EntityRef, Error, Ownership, User, export_ownership};

fn owned(ctx: &impl Context, user: &User) -> Result<Vec<EntityRef>, Error> {
    Ok(Ownership::of(user).with_ancestors(ctx, 5)?.into())
}

export_ownership!(owned);

#[cfg(test)]
mod tests {
    use resolver_sdk::{
        ErrorName, UserQuery,
        testing::{FakeContext, FakeGroup, FakeUser},
    };

    use super::*;

    fn door() -> FakeContext {
        let team = FakeGroup::new("team-a").parent("dept");
        FakeContext::new().with_user(FakeUser::new("alice").member_of("team-a")).with_group(team).with_group(FakeGroup::new("org")).grant_groups()
    }

    fn alice(ctx: &FakeContext) -> Result<Vec<String>, ErrorName> {
        let alice = ctx.find_user(UserQuery::name("alice")).unwrap();
        owned(ctx, &alice).map(|owned| owned.iter().map(EntityRef::to_string).collect()).map_err(|error| error.name())
    }

    #[test]
    fn row_14_1_everything_above() {
        let ctx = door().with_group(FakeGroup::new("dept").parent("org"));
        assert_eq!(alice(&ctx).unwrap(), ["user:default/alice", "group:default/team-a", "group:default/dept", "group:default/org"]);
    }

    #[test]
    fn row_14_2_a_cycle_ends() {
        let ctx = door().with_group(FakeGroup::new("dept").parent("team-a"));
        assert_eq!(alice(&ctx).unwrap(), ["user:default/alice", "group:default/team-a", "group:default/dept"]);
    }

    #[test]
    fn row_14_3_what_the_catalog_does_not_have_stays_and_an_outage_fails_the_whole() {
        assert_eq!(alice(&door()).unwrap(), ["user:default/alice", "group:default/team-a", "group:default/dept"]);
        let down = door().with_catalog_fault_after(1, Error::service_unavailable("down"));
        assert_eq!(alice(&down), Err(ErrorName::ServiceUnavailable));
    }
}
