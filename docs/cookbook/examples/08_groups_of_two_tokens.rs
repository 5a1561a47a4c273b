//! The groups of two tokens together, each once and the first seen first.

use resolver_sdk::{Claims, Context, EntityRef, Error, Groups, Identity, SignIn, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let access: Claims = ctx.verified_claims("access")?.ok_or(Error::authentication("There is no access token"))?;
    let userinfo: Claims = ctx.verified_claims("userinfo")?.ok_or(Error::authentication("There is no user info"))?;
    let name = access.required_same_text("sub", &userinfo, "The two tokens are not about one person")?;
    let groups = Groups::from_claim(&access, "groups")?.and(&Groups::from_claim(&userinfo, "groups")?);
    SignIn::of(ctx, ctx.sign_in_as(EntityRef::user(name))?).add_ownership(groups.entity_refs()).finish()
}

export_resolver!(resolve);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/08_groups_of_two_tokens.cases.yaml", resolve);
    }
}
