//! The user with that address in `spec.profile.email`, in any namespace and whatever the case.

use resolver_sdk::{Context, Error, Identity, UserQuery, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let email = ctx.required_header("x-forwarded-email", "Request did not contain an email")?;
    ctx.sign_in_with_catalog_user(UserQuery::email(email))
}

export_resolver!(resolve);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/05_email.cases.yaml", resolve);
    }
}
