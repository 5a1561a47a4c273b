//! Backstage's `forwardedPreferredUsernameMatchingUserEntityName`: the header `x-forwarded-preferred-username` holds the name of the user entity.
//!
//! The header is a name in the namespace `default` and nothing else: a whole ref in it is the name of nobody.

use resolver_sdk::{Context, EntityRef, Error, Identity, UserQuery, export_resolver, settings};

settings! {
    /// Backstage's options.
    #[derive(Copy)]
    struct Options {
        /// Whether somebody whom the catalog does not know signs in under the name in the header. That is anybody whom the proxy lets in.
        dangerously_allow_sign_in_without_user_in_catalog: bool = false,
    }
}

fn resolve(ctx: &impl Context, options: Options) -> Result<Identity, Error> {
    let name = ctx.required_header("x-forwarded-preferred-username", "Request did not contain a preferred username")?;
    let query = UserQuery::name(name.as_str());
    if options.dangerously_allow_sign_in_without_user_in_catalog {
        ctx.sign_in_with_catalog_user_or_fallback(query, EntityRef::user(name))
    } else {
        ctx.sign_in_with_catalog_user(query)
    }
}

export_resolver!(
    resolve,
    name = "forwardedPreferredUsernameMatchingUserEntityName",
    settings = Options,
    headers = ["x-forwarded-preferred-username"]
);

#[cfg(test)]
mod tests {
    use resolver_sdk::{
        ErrorName,
        testing::{Bounds, FakeContext, FakeUser, cases},
    };
    use serde_json::json;

    use super::*;

    fn door(name: &str) -> FakeContext {
        let dave = FakeUser::new("dave").in_namespace("other");
        FakeContext::new().with_user(FakeUser::new("alice").member_of("team-1")).with_user(dave).with_header("x-forwarded-preferred-username", name)
    }

    fn dangerous(name: &str) -> FakeContext {
        door(name).with_settings(json!({ "dangerouslyAllowSignInWithoutUserInCatalog": true })).grant_fallback(Bounds::any())
    }

    fn signs_in(ctx: &FakeContext) -> Result<Vec<String>, Error> {
        resolve(ctx, ctx.settings()?).map(|identity| ctx.answer(&identity).ownership_entity_refs)
    }

    #[test]
    fn the_user_of_that_name_signs_in() {
        for name in ["alice", "ALICE"] {
            assert_eq!(signs_in(&door(name)).unwrap(), ["user:default/alice", "group:default/team-1"]);
        }
    }

    #[test]
    fn a_header_that_is_missing_or_empty_is_backstages_error() {
        for ctx in [FakeContext::new().with_header("x-forwarded-user", "alice"), door("")] {
            assert_eq!(signs_in(&ctx).unwrap_err(), Error::other("Request did not contain a preferred username"));
            assert!(ctx.look_ups().is_empty());
        }
    }

    #[test]
    fn nobody_else_is_found() {
        for name in ["nobody", "dave", "user:default/alice", "default/alice", "other/dave", "alice@example.com", "   "] {
            assert!(signs_in(&door(name)).unwrap_err().is_not_found(), "{name}");
        }
    }

    #[test]
    fn the_dangerous_option_signs_in_whom_the_catalog_does_not_know() {
        assert_eq!(signs_in(&dangerous("alice")).unwrap(), ["user:default/alice", "group:default/team-1"]);
        assert_eq!(signs_in(&dangerous("NoBody")).unwrap(), ["user:default/nobody"]);
        assert_eq!(signs_in(&dangerous("no@body.example")).unwrap(), ["user:default/no@body.example"]);
        assert_eq!(signs_in(&dangerous("dave")).unwrap(), ["user:default/dave"]);
    }

    #[test]
    fn a_name_that_no_entity_can_bear_is_not_issued() {
        assert_eq!(signs_in(&dangerous("group:other/x")).unwrap_err().name(), ErrorName::Input);
    }

    #[test]
    fn an_outage_is_no_reason_to_fall_back() {
        let down = dangerous("alice").with_catalog_unavailable();
        assert_eq!(signs_in(&down).unwrap_err().name(), ErrorName::ServiceUnavailable);
    }

    #[test]
    fn every_case_holds() {
        cases("forwarded-preferred-username.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
