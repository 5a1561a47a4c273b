//! A token in a header of the operator's choice, verified by the host, says by which address the user is found.
//!
//! Which header, whose signature, which issuer and audience: all of that the operator writes under `stagedoor.tokens.portal`.

use resolver_sdk::{Claims, Context, Error, Identity, UserQuery, export_resolver, settings};

settings! {
    struct Settings {
        /// The claims that may hold the address; the first that holds an `@` decides.
        email_claims: Vec<String>,
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    let claims: Claims = ctx.verified_claims("portal")?.ok_or(Error::authentication("There is no token"))?;
    let email = claims.first_email(settings.email_claims.iter().map(String::as_str))?;
    ctx.sign_in_with_catalog_user(UserQuery::email(email.ok_or(Error::authentication("The token does not hold an email"))?))
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/15_token_in_header.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
