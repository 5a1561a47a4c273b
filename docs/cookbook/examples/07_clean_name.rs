//! A display name becomes the name of an entity by the rules of whoever filled the catalog.

use resolver_sdk::{Context, Error, Identity, NameRules, UserQuery, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let name = ctx.required_header("x-forwarded-preferred-username", "Request did not contain a user")?;
    ctx.sign_in_with_catalog_user(UserQuery::name(NameRules::catalog().clean(&name)?))
}

export_resolver!(resolve);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/07_clean_name.cases.yaml", resolve);
    }
}
