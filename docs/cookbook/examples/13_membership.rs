//! Only members of certain organisations of GitHub, whom the person's own token names; then the user with that login.
//!
//! The token stays with the host, which fills it in when the request has left the component.

use resolver_sdk::{Context, Error, Identity, Membership, Organisations, UserQuery, export_resolver, settings};

settings! {
    struct Settings {
        /// The organisations whose members may sign in; at least one.
        organisations: Organisations,
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    Membership::github("github").require(ctx, &settings.organisations, "Only members of our organisation may sign in")?;
    let name = ctx.required_header("x-forwarded-preferred-username", "Request did not contain a user")?;
    ctx.sign_in_with_catalog_user(UserQuery::name(name))
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::{
        ErrorName,
        serde_json::json,
        testing::{FakeContext, cases},
    };

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/13_membership.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }

    #[test]
    fn row_13_4_without_a_token_of_theirs_nobody_is_asked() {
        let ctx = FakeContext::new()
            .with_settings(json!({ "organisations": ["corp"] }))
            .with_header("x-forwarded-preferred-username", "alice")
            .grant_http_client([("GET", "https://api.github.com/")], ["github"])
            .with_credential_fault("github", Error::authentication("The request does not have the token github"));
        let error = ctx.settings().and_then(|settings| resolve(&ctx, settings)).unwrap_err();
        assert_eq!(error.name(), ErrorName::Authentication);
        assert!(ctx.requests().is_empty() && ctx.look_ups().is_empty());
    }
}
