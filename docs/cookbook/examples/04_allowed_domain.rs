//! Only addresses of certain domains, and then the name before the `@`.
//!
//! An address has exactly one `@`. Whoever takes what stands between the first and the second lets `alice@corp.example@evil.example` in.

use resolver_sdk::{AllowedDomains, Context, Email, EntityRef, Error, Identity, export_resolver, settings};

settings! {
    struct Settings {
        /// The domains whose addresses may sign in; at least one.
        allowed_domains: AllowedDomains,
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    let email = Email::parse(&ctx.required_header("x-forwarded-email", "Request did not contain an email")?)?;
    settings.allowed_domains.check(&email)?;
    ctx.sign_in_as(EntityRef::user(email.local()))
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/04_allowed_domain.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
