//! One more group for everybody, whether or not there is such a group, and mostly without the catalog.

use resolver_sdk::{Context, EntityRef, Error, Identity, SignIn, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let name = ctx.required_header("x-forwarded-preferred-username", "Request did not contain a user")?;
    SignIn::of(ctx, ctx.sign_in_as(EntityRef::user(name))?).add_ownership([EntityRef::group("portal")]).finish()
}

export_resolver!(resolve);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/10_fixed_group.cases.yaml", resolve);
    }
}
