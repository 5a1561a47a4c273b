//! The same by e-mail address: the catalog first, and what stands before the `@` for those whom it does not know.
//!
//! Two users with one address are nobody's reason to make up a third.

use resolver_sdk::{Context, Email, EntityRef, Error, Identity, UserQuery, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let email = Email::parse(&ctx.required_header("x-forwarded-email", "Request did not contain an email")?)?;
    ctx.sign_in_with_catalog_user_or_fallback(UserQuery::email(email.as_str()), EntityRef::user(email.local()))
}

export_resolver!(resolve);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/02_catalog_first_by_email.cases.yaml", resolve);
    }
}
