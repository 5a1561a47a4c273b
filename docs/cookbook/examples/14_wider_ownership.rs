//! Who is in a team owns what the groups above it own as well.
//!
//! A catalog that fails on the way up fails the sign-in: half of what somebody owns is not what they own.

use resolver_sdk::{Context, Error, Identity, Ownership, SignIn, UserQuery, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let name = ctx.required_header("x-forwarded-preferred-username", "Request did not contain a user")?;
    let user = ctx.find_user(UserQuery::name(name))?;
    SignIn::of(ctx, ctx.sign_in_user(&user)?).add_ownership(Ownership::of(&user).with_ancestors(ctx, 5)?).finish()
}

export_resolver!(resolve);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/14_wider_ownership.cases.yaml", resolve);
    }
}
