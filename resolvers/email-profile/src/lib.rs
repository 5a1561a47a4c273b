//! Backstage's `emailMatchingUserEntityProfileEmail`: the forwarded e-mail address stands in the `spec.profile.email` of the user entity.
//!
//! An address that is found nowhere is tried again without its `+tag`, as Backstage does: also one that has none, so a miss costs two look-ups. Only
//! the second may fall back.

use resolver_sdk::{AllowedDomains, Context, EntityRef, Error, Identity, UserQuery, email::without_tag, export_resolver, settings};

settings! {
    /// Backstage's options.
    struct Options {
        /// Domains whose addresses may sign in, the case of ASCII letters aside; absent: any. Backstage accepts this option and does not apply it.
        allowed_domains: Option<AllowedDomains>,
        /// Whether somebody whom the catalog does not know signs in under the address without its tag. That is anybody whom the proxy lets in.
        dangerously_allow_sign_in_without_user_in_catalog: bool = false,
    }
}

fn resolve(ctx: &impl Context, options: Options) -> Result<Identity, Error> {
    let email = ctx.profile().email.filter(|email| !email.is_empty());
    let email = email.ok_or(Error::other("Login failed, user profile does not contain an email"))?;
    if let Some(domains) = options.allowed_domains {
        domains.check(&email)?;
    }
    match ctx.sign_in_with_catalog_user(UserQuery::email(email.as_str())) {
        Err(error) if error.is_not_found() => match without_tag(&email) {
            Some(email) if options.dangerously_allow_sign_in_without_user_in_catalog => {
                ctx.sign_in_with_catalog_user_or_fallback(UserQuery::email(email.as_str()), EntityRef::user(email))
            }
            Some(email) => ctx.sign_in_with_catalog_user(UserQuery::email(email)),
            None => Err(error),
        },
        answer => answer,
    }
}

export_resolver!(resolve, name = "emailMatchingUserEntityProfileEmail", settings = Options, headers = ["x-forwarded-email"]);

#[cfg(test)]
mod tests {
    use resolver_sdk::{
        ErrorName,
        testing::{Bounds, FakeContext, FakeUser, cases},
    };
    use serde_json::{Value, json};

    use super::*;

    fn door(email: &str) -> FakeContext {
        FakeContext::new()
            .with_user(FakeUser::new("alice").email("alice@example.com").member_of("team-1"))
            .with_user(FakeUser::new("ivan").email("ivan@example.com"))
            .with_user(FakeUser::new("dave").in_namespace("other").email("dave@example.com"))
            .with_user(FakeUser::new("twin-1").email("twin@example.com"))
            .with_user(FakeUser::new("twin-2").email("twin@example.com"))
            .with_header("x-forwarded-email", email)
    }

    fn signs_in(ctx: &FakeContext) -> Result<String, Error> {
        resolve(ctx, ctx.settings()?).map(|identity| ctx.answer(&identity).user_entity_ref)
    }

    fn dangerous(email: &str) -> FakeContext {
        door(email).with_settings(json!({ "dangerouslyAllowSignInWithoutUserInCatalog": true })).grant_fallback(Bounds::any())
    }

    #[test]
    fn the_user_with_that_address_signs_in_whatever_the_namespace() {
        for (email, user) in [
            ("alice@example.com", "user:default/alice"),
            ("ALICE@EXAMPLE.COM", "user:default/alice"),
            ("dave@example.com", "user:other/dave"),
            ("ivan+tag@example.com", "user:default/ivan"),
        ] {
            assert_eq!(signs_in(&door(email)).unwrap(), user);
        }
    }

    #[test]
    fn a_missing_address_is_backstages_error() {
        for ctx in [FakeContext::new().with_header("x-forwarded-user", "alice"), door("")] {
            assert_eq!(signs_in(&ctx).unwrap_err(), Error::other("Login failed, user profile does not contain an email"));
        }
    }

    #[test]
    fn a_miss_is_tried_again_without_the_tag_even_where_there_is_none() {
        for (email, look_ups) in [("zz@example.com", 2), ("zz+tag@example.com", 2), ("a@b@example.com", 2), ("zz", 1), ("zz+@example.com", 1)] {
            let ctx = door(email);
            assert!(signs_in(&ctx).unwrap_err().is_not_found(), "{email}");
            assert_eq!(ctx.look_ups().len(), look_ups, "{email}");
        }
    }

    #[test]
    fn an_address_is_never_read_as_a_filter() {
        for email in ["zz@nowhere.example,spec.profile.email=alice@example.com", "alice@example.com,metadata.name=alice"] {
            assert!(signs_in(&door(email)).unwrap_err().is_not_found());
        }
    }

    #[test]
    fn several_users_with_one_address_are_a_conflict_and_not_tried_again() {
        let ctx = door("twin@example.com");
        assert_eq!(signs_in(&ctx).unwrap_err().name(), ErrorName::Conflict);
        assert_eq!(ctx.look_ups().len(), 1);
    }

    #[test]
    fn the_dangerous_option_falls_back_to_the_address_without_tag() {
        assert_eq!(signs_in(&dangerous("Zz+tag@Example.com")).unwrap(), "user:default/zz@example.com");
        assert_eq!(signs_in(&dangerous("alice@example.com")).unwrap(), "user:default/alice");
        assert!(signs_in(&dangerous("no-address")).unwrap_err().is_not_found(), "as in Backstage, what is no address does not fall back");
        assert_eq!(signs_in(&dangerous("zz@example.com").with_catalog_unavailable()).unwrap_err().name(), ErrorName::ServiceUnavailable);
    }

    #[test]
    fn only_allowed_domains_sign_in() {
        let only = |email, domains: Value| door(email).with_settings(json!({ "allowedDomains": domains }));
        assert_eq!(signs_in(&only("alice@Example.com", json!(["corp.example", "example.COM"]))).unwrap(), "user:default/alice");
        for email in ["alice@example.com", "alice@corp.example@example.com", "alice@sub.corp.example", "alice"] {
            let ctx = only(email, json!(["corp.example"]));
            assert_eq!(signs_in(&ctx).unwrap_err(), Error::not_allowed("Sign-in user email is not from an allowed domain"), "{email}");
            assert!(ctx.look_ups().is_empty());
        }
        assert_eq!(signs_in(&only("alice@example.com", json!([]))).unwrap_err().name(), ErrorName::Other);
    }

    #[test]
    fn every_case_holds() {
        cases("email-profile.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
