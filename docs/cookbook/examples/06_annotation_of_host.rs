//! The annotation is named by the host of the identity provider, as the catalog's providers for GitHub Enterprise and others write it.
//!
//! A host that the operator has not named could be anybody's, with a login of their choice.

use resolver_sdk::{Claims, Context, Error, Identity, UserQuery, export_resolver, settings};

settings! {
    struct Settings {
        /// The hosts whose logins count.
        hosts: Vec<String>,
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    let claims: Claims = ctx.id_token_claims()?.ok_or(Error::authentication("There is no ID token"))?;
    let url = claims.required_text("profile", "The ID token does not say where you are known")?;
    let host = settings.hosts.iter().find(|host| url.strip_prefix("https://").and_then(|rest| rest.split('/').next()) == Some(host));
    let host = host.ok_or(Error::not_allowed("You are known in a place that does not count"))?;
    let login = claims.required_text("preferred_username", "The ID token does not say who you are")?;
    ctx.sign_in_with_catalog_user(UserQuery::annotation(format!("{host}/user-login"), login))
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/06_annotation_of_host.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
