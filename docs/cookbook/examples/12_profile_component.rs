//! The page shows what the proxy's headers say, whichever resolver then signs the person in: a profile component.

use resolver_sdk::{Context, Error, Profile, export_profile};

fn profile(ctx: &impl Context) -> Result<Profile, Error> {
    let profile = Profile::from_headers(ctx, "x-auth-request-email", "x-auth-request-user").or_named_by_email();
    if profile.email.is_some() { Ok(profile) } else { Err(Error::other("Request did not contain an email")) }
}

export_profile!(profile);

#[cfg(test)]
mod tests {
    use resolver_sdk::{
        ErrorName, Identity, UserQuery,
        testing::{Answer, FakeContext, FakeUser},
    };

    use super::*;

    /// The built-in e-mail resolver follows, as far as it matters here.
    fn sign_in(ctx: &FakeContext) -> Result<Identity, Error> {
        let profile = profile(ctx)?;
        let email = profile.email.clone().unwrap_or_default();
        Ok(ctx.sign_in_with_catalog_user(UserQuery::email(email))?.with_profile(profile))
    }

    fn door() -> FakeContext {
        FakeContext::new().with_user(FakeUser::new("alice").email("alice@corp.example").member_of("team-a"))
    }

    #[test]
    fn row_12_1_the_profile_of_the_headers_and_the_built_in_resolver_follows() {
        let ctx = door().with_header("x-auth-request-email", "alice@corp.example");
        let named = ctx.clone().with_header("x-auth-request-user", "al");
        for (ctx, name) in [(named, "al"), (ctx, "alice@corp.example")] {
            let profile = Profile { email: Some("alice@corp.example".into()), display_name: Some(name.into()), picture: None };
            let Answer { user_entity_ref, profile: shown, .. } = ctx.answer(&sign_in(&ctx).unwrap());
            assert_eq!((&*user_entity_ref, shown), ("user:default/alice", profile));
        }
    }

    #[test]
    fn row_12_2_without_an_address_no_resolver_runs() {
        let ctx = door().with_header("x-auth-request-user", "al");
        assert_eq!(sign_in(&ctx).unwrap_err().name(), ErrorName::Other);
        assert!(ctx.look_ups().is_empty());
    }
}
