//! The catalog first, and a name of their own for those whom it does not know.
//!
//! Only "nobody" leads to the fallback: an outage stays an outage, or everybody would lose their groups while it lasts.

use resolver_sdk::{Context, EntityRef, Error, Identity, UserQuery, export_resolver, settings};

settings! {
    struct Settings {
        /// The namespace of those whom the catalog does not know.
        fallback_namespace: String = "default".to_owned(),
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    let name = ctx.required_header("x-forwarded-preferred-username", "Request did not contain a user")?;
    let fallback = EntityRef::user(&*name).in_namespace(settings.fallback_namespace);
    ctx.sign_in_with_catalog_user_or_fallback(UserQuery::name(name), fallback)
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/02_catalog_first.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
