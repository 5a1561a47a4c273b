//! An id that never changes stands in the ID token, and in an annotation of the user: names and addresses may change hands, ids do not.

use resolver_sdk::{Claims, Context, Error, Identity, UserQuery, export_resolver, settings};

settings! {
    struct Settings {
        /// The claim that holds the id.
        claim: String = "oid".to_owned(),
        /// The annotation that holds it in the catalog.
        annotation: String = "graph.microsoft.com/user-id".to_owned(),
    }
}

fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
    let claims: Claims = ctx.id_token_claims()?.ok_or(Error::authentication("There is no ID token"))?;
    let id = claims.required_text(&settings.claim, "The ID token does not say who you are")?;
    ctx.sign_in_with_catalog_user(UserQuery::annotation(settings.annotation, id))
}

export_resolver!(resolve, settings = Settings);

#[cfg(test)]
mod tests {
    use resolver_sdk::testing::cases;

    use super::*;

    #[test]
    fn every_case_holds() {
        cases("cases/06_immutable_id.cases.yaml", |ctx| resolve(ctx, ctx.settings()?));
    }
}
