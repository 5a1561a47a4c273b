//! Only roles that are known become groups, in the order of the operator's list; whoever has none of them is refused.

use resolver_sdk::{Claims, Context, EntityRef, Error, Groups, Identity, SignIn, export_resolver, settings};

settings! {
    struct Settings {
        /// The roles that count.
        roles: Vec<String>,
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    let claims: Claims = ctx.id_token_claims()?.ok_or(Error::authentication("There is no ID token"))?;
    let name = claims.required_text("preferred_username", "The ID token does not say who you are")?;
    let roles = Groups::from_claim(&claims, "realm_access.roles")?.only(&settings.roles).or_refuse("You have no role in Backstage")?;
    SignIn::of(ctx, ctx.sign_in_as(EntityRef::user(name))?).add_ownership(roles.entity_refs()).finish()
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/09_roles.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
