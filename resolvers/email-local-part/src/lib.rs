//! Backstage's `emailLocalPartMatchingUserEntityName`: what stands before the `@` of the forwarded e-mail address is the name of the user entity.
//!
//! Without `allowedDomains` everybody with a mailbox of that name anywhere is that user. A `+tag` belongs to the name.

use resolver_sdk::{AllowedDomains, Context, EntityRef, Error, Identity, UserQuery, email::local_part, export_resolver, settings};

settings! {
    /// Backstage's options.
    struct Options {
        /// Domains whose addresses may sign in, the case of ASCII letters aside; absent: any.
        allowed_domains: Option<AllowedDomains>,
        /// Whether somebody whom the catalog does not know signs in under the local part. That is anybody whom the proxy lets in.
        dangerously_allow_sign_in_without_user_in_catalog: bool = false,
    }
}

fn resolve(ctx: &impl Context, options: Options) -> Result<Identity, Error> {
    let email = ctx.profile().email.filter(|email| !email.is_empty());
    let email = email.ok_or(Error::other("Login failed, user profile does not contain an email"))?;
    if let Some(domains) = options.allowed_domains {
        domains.check(&email)?;
    }
    let name = local_part(&email);
    if name.is_empty() {
        return Err(Error::other(r#"Entity reference {"name":""} had missing or empty name"#));
    }
    let query = UserQuery::name(name);
    if options.dangerously_allow_sign_in_without_user_in_catalog {
        ctx.sign_in_with_catalog_user_or_fallback(query, EntityRef::user(name))
    } else {
        ctx.sign_in_with_catalog_user(query)
    }
}

export_resolver!(resolve, name = "emailLocalPartMatchingUserEntityName", settings = Options, headers = ["x-forwarded-email"]);

#[cfg(test)]
mod tests {
    use resolver_sdk::{
        ErrorName,
        testing::{Bounds, FakeContext, FakeUser, cases},
    };
    use serde_json::{Value, json};

    use super::*;

    fn door(email: &str, settings: Value) -> FakeContext {
        let alice = FakeUser::new("alice").member_of("team-1");
        FakeContext::new().with_user(alice).with_header("x-forwarded-email", email).with_settings(settings)
    }

    fn signs_in(ctx: &FakeContext) -> Result<Vec<String>, Error> {
        resolve(ctx, ctx.settings()?).map(|identity| ctx.answer(&identity).ownership_entity_refs)
    }

    #[test]
    fn the_user_named_like_the_local_part_signs_in() {
        for email in ["alice@example.com", "Alice@anywhere.example", "alice@a@b", "alice"] {
            assert_eq!(signs_in(&door(email, json!({}))).unwrap(), ["user:default/alice", "group:default/team-1"], "{email}");
        }
    }

    #[test]
    fn a_missing_address_is_backstages_error() {
        for ctx in [FakeContext::new().with_header("x-forwarded-user", "alice"), door("", json!({ "allowedDomains": ["example.com"] }))] {
            assert_eq!(signs_in(&ctx).unwrap_err(), Error::other("Login failed, user profile does not contain an email"));
        }
    }

    #[test]
    fn an_empty_local_part_is_backstages_error_even_where_everybody_may_sign_in() {
        let empty = Error::other("Entity reference {\"name\":\"\"} had missing or empty name");
        for settings in [json!({}), json!({ "allowedDomains": ["example.com"], "dangerouslyAllowSignInWithoutUserInCatalog": true })] {
            let ctx = door("@example.com", settings).grant_fallback(Bounds::any());
            assert_eq!(signs_in(&ctx).unwrap_err(), empty);
            assert!(ctx.look_ups().is_empty());
        }
    }

    #[test]
    fn a_tag_belongs_to_the_name() {
        assert!(signs_in(&door("alice+a@example.com", json!({}))).unwrap_err().is_not_found());
    }

    #[test]
    fn only_allowed_domains_sign_in() {
        let only = |email| door(email, json!({ "allowedDomains": ["example.com", "corp.example"] }));
        assert!(signs_in(&only("alice@EXAMPLE.com")).is_ok());
        assert!(signs_in(&only("zz@example.com")).unwrap_err().is_not_found());
        for email in ["alice@evil.example", "alice", "alice@example.com@evil.example", "alice@evil.example@example.com", "alice@example.com."] {
            let ctx = only(email);
            assert_eq!(signs_in(&ctx).unwrap_err(), Error::not_allowed("Sign-in user email is not from an allowed domain"), "{email}");
            assert!(ctx.look_ups().is_empty());
        }
    }

    #[test]
    fn the_dangerous_option_falls_back_to_the_local_part() {
        let dangerous = |email| door(email, json!({ "dangerouslyAllowSignInWithoutUserInCatalog": true })).grant_fallback(Bounds::any());
        assert_eq!(signs_in(&dangerous("Zz+a@example.com")).unwrap(), ["user:default/zz+a"]);
        assert_eq!(signs_in(&dangerous("a:b@example.com")).unwrap_err().name(), ErrorName::Input);
    }

    #[test]
    fn every_case_holds() {
        cases("email-local-part.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
