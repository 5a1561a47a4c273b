//! A table that the operator keeps says which groups those of the directory are; what is not in it counts for nothing.

use resolver_sdk::{Claims, Context, EntityRef, Error, Groups, Identity, SignIn, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let claims: Claims = ctx.id_token_claims()?.ok_or(Error::authentication("There is no ID token"))?;
    let name = claims.required_text("preferred_username", "The ID token does not say who you are")?;
    let groups = Groups::from_claim(&claims, "groups")?.looked_up(ctx, "roles");
    SignIn::of(ctx, ctx.sign_in_as(EntityRef::user(name))?).add_ownership(groups.entity_refs()).finish()
}

export_resolver!(resolve, tables = ["roles"]);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/09_role_table.cases.yaml", resolve);
    }
}
