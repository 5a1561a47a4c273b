//! The same, but whoever has none of the roles is let in: with a default group, or with nothing but themselves.

use resolver_sdk::{Claims, Context, EntityRef, Error, Groups, Identity, SignIn, export_resolver, settings};

settings! {
    struct Settings {
        /// The roles that count.
        roles: Vec<String>,
        /// The group of those who have none of them; absent: none.
        default_group: Option<String>,
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    let claims: Claims = ctx.id_token_claims()?.ok_or(Error::authentication("There is no ID token"))?;
    let name = claims.required_text("preferred_username", "The ID token does not say who you are")?;
    let roles = Groups::from_claim(&claims, "realm_access.roles")?.only(&settings.roles);
    let groups = roles.or_default(settings.default_group.as_deref().unwrap_or_default());
    SignIn::of(ctx, ctx.sign_in_as(EntityRef::user(name))?).add_ownership(groups.entity_refs()).finish()
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/09_roles_or_default.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
