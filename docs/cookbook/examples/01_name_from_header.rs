//! The name of the user entity stands in a header, or in the first of several that is there.
//!
//! A header that is present decides: no second one is tried when the catalog does not know its user.

use resolver_sdk::{Context, Email, Error, Identity, UserQuery, export_resolver, settings};

settings! {
    struct Settings {
        /// The headers that may hold the name; the first that is not empty decides.
        headers: Vec<String>,
        /// Whether the header holds an e-mail address, and what stands before the `@` is the name.
        local_part: bool = false,
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    let name = ctx.first_header(settings.headers.iter().map(String::as_str)).ok_or(Error::other("Request did not contain a user"))?;
    let name = if settings.local_part { Email::parse(&name)?.local().to_owned() } else { name };
    ctx.sign_in_with_catalog_user(UserQuery::name(name))
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/01_name_from_header.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
