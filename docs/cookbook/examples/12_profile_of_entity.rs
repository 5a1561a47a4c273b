//! The page shows what the catalog says of the person.

use resolver_sdk::{Context, Error, Identity, UserQuery, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let name = ctx.required_header("x-forwarded-preferred-username", "Request did not contain a user")?;
    let user = ctx.find_user(UserQuery::name(name))?;
    Ok(ctx.sign_in_user(&user)?.with_profile(user.profile()))
}

export_resolver!(resolve);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/12_profile_of_entity.cases.yaml", resolve);
    }
}
