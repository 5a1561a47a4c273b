//! The same with the group above in front of each: `Dept:Team A`.

use resolver_sdk::{Context, Error, Group, Identity, SignIn, UserQuery, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let name = ctx.required_header("x-forwarded-preferred-username", "Request did not contain a user")?;
    let user = ctx.find_user(UserQuery::name(name))?;
    let groups = ctx.get_groups(user.ownership_entity_refs().into_iter().filter(|owned| owned.kind() == "group"))?;
    let groups: Vec<_> = groups.into_iter().flatten().collect();
    let parents = ctx.get_groups(groups.iter().filter_map(Group::parent))?;
    let name_of = |group: &Group| {
        let parent = parents.iter().flatten().find(|parent| Some(parent.entity_ref()) == group.parent());
        Some([parent.and_then(Group::display_name).as_slice(), &[group.display_name()?]].concat().join(":"))
    };
    let names: Vec<_> = groups.iter().filter_map(name_of).collect();
    SignIn::of(ctx, ctx.sign_in_user(&user)?).add_claim("groups", &names).finish()
}

export_resolver!(resolve);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/11_claims_with_parents.cases.yaml", resolve);
    }
}
