//! The groups of the ID token are what the person owns, after themselves; the catalog is not asked.

use resolver_sdk::{Claims, Context, EntityRef, Error, Groups, Identity, NameRules, SignIn, export_resolver, settings};

settings! {
    struct Settings {
        /// Whether names are cleaned, as the catalog's provider has cleaned them.
        clean: bool = false,
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    let claims: Claims = ctx.id_token_claims()?.ok_or(Error::authentication("There is no ID token"))?;
    let name = claims.required_text("preferred_username", "The ID token does not say who you are")?;
    let groups = Groups::from_claim_or_text(&claims, "groups", ',')?.without_prefix("/");
    let groups = if settings.clean { groups.cleaned(NameRules::catalog()) } else { groups };
    SignIn::of(ctx, ctx.sign_in_as(EntityRef::user(name))?).add_ownership(groups.entity_refs()).finish()
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/08_groups_claim.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
