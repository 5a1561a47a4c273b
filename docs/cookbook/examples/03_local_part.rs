//! What stands before the `@` is the name, and the catalog is never asked.
//!
//! The commonest of all, and the weakest: `bob@` of any domain that the proxy lets in is the one bob.

use resolver_sdk::{Context, Email, EntityRef, Error, Identity, export_resolver, settings};

settings! {
    struct Settings {
        /// Whether the whole address is the name.
        whole_address: bool = false,
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    let email = Email::parse(&ctx.required_header("x-forwarded-email", "Request did not contain an email")?)?;
    ctx.sign_in_as(EntityRef::user(if settings.whole_address { email.as_str() } else { email.local() }))
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/03_local_part.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
