//! Nested groups: a user owns their own ref, the groups they are a direct member of, and all groups above those.
//!
//! Backstage itself stops at the direct groups, and distributions offer this as an option. Each level of groups costs a look-up of the sign-in; where
//! they do not suffice, or the catalog fails on the way up, nobody signs in with half of what they own.

use resolver_sdk::{Context, EntityRef, Error, Ownership, User, export_ownership, settings};

settings! {
    struct Settings {
        /// How many levels above the direct groups count; absent: all of them.
        levels: Option<u32>,
    }
}

fn nested_groups(ctx: &impl Context, user: &User, Settings { levels }: Settings) -> Result<Vec<EntityRef>, Error> {
    Ok(Ownership::of(user).with_ancestors(ctx, levels.unwrap_or(u32::MAX))?.into())
}

export_ownership!(nested_groups, name = "nestedGroups", settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::{
        ErrorName, UserQuery,
        testing::{FakeContext, FakeGroup, FakeUser, ownership_cases},
    };
    use serde_json::{Value, json};

    use super::*;

    const OUTAGE: &str = "The catalog could not be asked";

    /// Alice is in team-a and in guild; team-a is in a department of the company, and guild in nothing.
    fn company() -> FakeContext {
        FakeContext::new()
            .with_user(FakeUser::new("alice").member_of("team-a").member_of("guild"))
            .with_user(FakeUser::new("loner"))
            .with_group(FakeGroup::new("team-a").child_of("department"))
            .with_group(FakeGroup::new("department").child_of("company"))
            .with_group(FakeGroup::new("company"))
            .with_group(FakeGroup::new("guild"))
            .grant_groups()
    }

    fn owned(ctx: &FakeContext, name: &str, settings: Value) -> Result<Vec<String>, Error> {
        let user = ctx.find_user(UserQuery::name(name))?;
        let settings = serde_json::from_value(settings).unwrap();
        Ok(nested_groups(ctx, &user, settings)?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn all_groups_above_come_behind_those_of_the_catalog_the_nearest_first() {
        let all = ["user:default/alice", "group:default/team-a", "group:default/guild", "group:default/department", "group:default/company"];
        assert_eq!(owned(&company(), "alice", json!({})).unwrap(), all);
        for (levels, count) in [(0, 3), (1, 4), (2, 5), (3, 5)] {
            assert_eq!(owned(&company(), "alice", json!({ "levels": levels })).unwrap(), all[..count], "{levels}");
        }
    }

    #[test]
    fn who_is_in_no_group_owns_themselves() {
        assert_eq!(owned(&company(), "loner", json!({})).unwrap(), ["user:default/loner"]);
    }

    #[test]
    fn a_circle_ends() {
        let ctx = FakeContext::new().with_user(FakeUser::new("alice").member_of("a")).grant_groups();
        let ctx = ctx.with_group(FakeGroup::new("a").child_of("b")).with_group(FakeGroup::new("b").child_of("a"));
        assert_eq!(owned(&ctx, "alice", json!({})).unwrap(), ["user:default/alice", "group:default/a", "group:default/b"]);
    }

    #[test]
    fn half_of_what_they_own_is_an_error() {
        let outage = Error::service_unavailable(OUTAGE);
        assert_eq!(owned(&company().with_groups_fault(outage.clone()), "alice", json!({})).unwrap_err(), outage);
        let denied = FakeContext::new().with_user(FakeUser::new("alice").member_of("team-a"));
        assert_eq!(owned(&denied, "alice", json!({})).unwrap_err().name(), ErrorName::NotAllowed);
    }

    #[test]
    fn every_case_holds() {
        ownership_cases("ownership-nested-groups.cases.yaml", |ctx, user| nested_groups(ctx, user, ctx.settings()?));
    }
}
