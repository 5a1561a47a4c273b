//! The page shows what the proxy's headers say, and the user is found by the same address.

use resolver_sdk::{Context, Error, Identity, Profile, UserQuery, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let profile = Profile::from_headers(ctx, "x-auth-request-email", "x-auth-request-user").or_named_by_email();
    let email = profile.email.clone().ok_or(Error::other("Request did not contain an email"))?;
    Ok(ctx.sign_in_with_catalog_user(UserQuery::email(email))?.with_profile(profile))
}

export_resolver!(resolve);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/12_profile_from_headers.cases.yaml", resolve);
    }
}
