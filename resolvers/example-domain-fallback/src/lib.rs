//! An example to copy: people of our own domains sign in, also those who are not in the catalog yet.
//!
//! Whoever the catalog knows by their e-mail address is that user, with everything they own. Anybody else of an allowed domain signs in under the
//! address itself and owns nothing else. The config must decide about the power `fallback` that this needs:
//!
//! ```yaml
//! auth:
//!   providers:
//!     oauth2Proxy:
//!       signIn:
//!         resolvers: [{ resolver: colleagues, allowedDomains: [corp.example] }]
//! stagedoor:
//!   components:
//!     colleagues:
//!       source: ./resolver_example_domain_fallback.wasm
//!       grants:
//!         fallback: { kinds: [user], namespaces: [default], names: ['[^@]+@corp\.example'] }
//! ```

use resolver_sdk::{AllowedDomains, Context, Email, EntityRef, Error, Identity, UserQuery, export_resolver, settings};

settings! {
    /// What stands beside `resolver: …` in the config.
    struct Settings {
        /// Domains whose e-mail addresses may sign in.
        allowed_domains: AllowedDomains,
    }
}

fn resolve(ctx: &impl Context, Settings { allowed_domains }: Settings) -> Result<Identity, Error> {
    let email = Email::parse(&ctx.required_header("x-forwarded-email", "Request did not contain an email")?)?;
    allowed_domains.check(&email)?;
    // The whole address and not its local part: that might be the name of somebody else in the catalog.
    ctx.sign_in_with_catalog_user_or_fallback(UserQuery::email(email.as_str()), EntityRef::user(email))
}

export_resolver!(resolve, settings = Settings, headers = ["x-forwarded-email"]);

#[cfg(test)]
mod tests {
    use resolver_sdk::{
        ErrorName,
        testing::{Bounds, FakeContext, FakeUser, cases},
    };
    use serde_json::json;

    use super::*;

    fn door(email: &str) -> FakeContext {
        FakeContext::new()
            .with_user(FakeUser::new("alice").email("alice@corp.example").member_of("team-a"))
            .with_user(FakeUser::new("bob").email("robert@corp.example").member_of("admins"))
            .with_header("x-forwarded-email", email)
            .with_settings(json!({ "allowedDomains": ["corp.example"] }))
            .grant_fallback(Bounds::only(|name| name.name().ends_with("@corp.example")))
    }

    fn signs_in(ctx: &FakeContext) -> Result<Vec<String>, Error> {
        resolve(ctx, ctx.settings()?).map(|identity| ctx.answer(&identity).ownership_entity_refs)
    }

    #[test]
    fn whom_the_catalog_knows_owns_what_it_says() {
        assert_eq!(signs_in(&door("Alice@corp.example")).unwrap(), ["user:default/alice", "group:default/team-a"]);
    }

    #[test]
    fn a_colleague_whom_it_does_not_know_owns_nothing_but_the_address() {
        assert_eq!(signs_in(&door("Zed@Corp.Example")).unwrap(), ["user:default/zed@corp.example"]);
        assert_eq!(signs_in(&door("bob@corp.example")).unwrap(), ["user:default/bob@corp.example"], "not the bob of the catalog");
    }

    #[test]
    fn nobody_else_comes_in() {
        assert_eq!(signs_in(&door("zed@evil.example")).unwrap_err().name(), ErrorName::NotAllowed);
        for email in ["alice@corp.example@evil.example", "zed@evil.example,alice@corp.example", "@corp.example", "alice"] {
            assert_eq!(signs_in(&door(email)).unwrap_err().name(), ErrorName::Input);
        }
        assert_eq!(signs_in(&door("zed@corp.example").with_catalog_unavailable()).unwrap_err().name(), ErrorName::ServiceUnavailable);
    }

    #[test]
    fn every_case_holds() {
        cases("example-domain-fallback.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
