//! Two tokens must be about one person: the ID token, and another one that the operator calls `userinfo`.

use resolver_sdk::{Claims, Context, Error, Identity, UserQuery, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let id_token: Claims = ctx.id_token_claims()?.ok_or(Error::other("There is no ID token"))?;
    let userinfo: Claims = ctx.verified_claims("userinfo")?.ok_or(Error::other("There is no user info"))?;
    let id = userinfo.required_same_text("sub", &id_token, "The two tokens are not about one person")?;
    ctx.sign_in_with_catalog_user(UserQuery::annotation("keycloak.org/id", id))
}

export_resolver!(resolve);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/06_id_in_two_tokens.cases.yaml", resolve);
    }
}
