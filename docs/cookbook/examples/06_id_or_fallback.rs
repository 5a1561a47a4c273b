//! By an id, and the id as a name for those whom the catalog does not know.

use resolver_sdk::{Claims, Context, EntityRef, Error, Identity, UserQuery, export_resolver};

fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    let claims: Claims = ctx.id_token_claims()?.ok_or(Error::authentication("There is no ID token"))?;
    let id = claims.required_text("oid", "The ID token does not say who you are")?;
    ctx.sign_in_with_catalog_user_or_fallback(UserQuery::annotation("graph.microsoft.com/user-id", id), EntityRef::user(id))
}

export_resolver!(resolve);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/06_id_or_fallback.cases.yaml", resolve);
    }
}
