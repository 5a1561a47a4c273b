//! The same as a filter that names the kind, as some real ones do: it changes nothing, since only users are ever looked up.

use resolver_sdk::{Context, Error, FilterTerm, Identity, UserQuery, export_resolver, settings};

settings! {
    struct Settings {
        /// The kind of entity.
        kind: Vec<String>,
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    let email = ctx.required_header("x-forwarded-email", "Request did not contain an email")?;
    ctx.sign_in_with_catalog_user(UserQuery::filter([[FilterTerm::any_of("kind", settings.kind), FilterTerm::new("spec.profile.email", email)]]))
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/05_email_with_kind.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
