//! What the groups of a catalog user are called rides in the token, where plugins read it.

use resolver_sdk::{Context, Error, Group, Identity, SignIn, UserQuery, export_resolver, settings};

settings! {
    struct Settings {
        /// The claim that holds the names.
        claim: String = "groups".to_owned(),
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    let name = ctx.required_header("x-forwarded-preferred-username", "Request did not contain a user")?;
    let user = ctx.find_user(UserQuery::name(name))?;
    let groups = ctx.get_groups(user.ownership_entity_refs().into_iter().filter(|owned| owned.kind() == "group"))?;
    let names: Vec<_> = groups.iter().flatten().filter_map(Group::display_name).collect();
    SignIn::of(ctx, ctx.sign_in_user(&user)?).add_claim(&settings.claim, &names).finish()
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/11_extra_claims.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
