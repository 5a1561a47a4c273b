//! Where people choose what they are called, cleaning could make one name of two: what was lost comes back as a hash.

use resolver_sdk::{Context, Email, EntityRef, Error, Identity, NameRules, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let email = Email::parse(&ctx.required_header("x-forwarded-email", "Request did not contain an email")?)?;
    let name = NameRules::catalog().dropping("'").distinct().clean(email.local())?;
    ctx.sign_in_as(EntityRef::user(name))
}

export_resolver!(resolve);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/07_clean_and_hash.cases.yaml", resolve);
    }
}
