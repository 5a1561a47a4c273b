//! The rule of `forwardedUserMatchingUserEntityName` in native Rust: what the same sign-in costs without WebAssembly.

use std::sync::Arc;

use stagedoor::{
    domain::{
        component_kind::ComponentKind,
        decision::{Attempt, LookUp, LookUpOutcome},
        error::{ErrorName, SignInError},
        grant::Grants,
        headers::identity,
        identity::{Identity, Origin},
        query::UserQuery,
        user::User,
    },
    generation::stage::{self, About, Staged, StagedResolver},
    ports::{
        BoxFuture,
        catalog::Catalog,
        resolver::{Resolution, Resolver, SignInRequest},
    },
};

/// Looks like a digest, so that the log lines of both servers are equally long.
const NO_DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The rule, asked through the same port as a component.
pub struct NativeRule {
    name: Arc<str>,
    digest: Arc<str>,
    grants: Grants,
    catalog: Arc<dyn Catalog>,
}

impl NativeRule {
    /// The rule over this catalog.
    pub fn new(catalog: Arc<dyn Catalog>) -> Self {
        Self { name: "forwardedUserMatchingUserEntityName".into(), digest: NO_DIGEST.into(), grants: Grants::deny_all(), catalog }
    }

    /// The rule in the place of a staged component.
    pub fn staged(catalog: Arc<dyn Catalog>) -> Staged {
        let rule = Self::new(catalog);
        let about = About {
            kind: ComponentKind::Resolver,
            name: rule.name.to_string(),
            origin: stage::Origin::BuiltIn,
            digest: NO_DIGEST.into(),
            version: "native".into(),
            powers: Vec::new(),
            cached: false,
            headers: Vec::new(),
            warnings: Vec::new(),
        };
        Staged { resolvers: vec![StagedResolver { component: Arc::new(rule), about }], ..Staged::default() }
    }

    async fn decide(&self, request: &SignInRequest, attempt: &mut Attempt) -> Result<Identity, SignInError> {
        let name = request.headers.get(identity::USER).filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| SignInError::new(ErrorName::Other, "Request did not contain a user"))?;
        let query = UserQuery::entity_ref("user", "default", name).map_err(SignInError::from)?;
        let user = self.find(&query, request).await?;
        attempt.look_ups.push(LookUp { query: query.describe(), outcome: LookUpOutcome::Matches(user.is_some().into()) });
        let user = user.ok_or_else(|| SignInError::new(ErrorName::NotFound, "User not found"))?;
        Ok(Identity::new(Origin::Catalog(user)))
    }

    async fn find(&self, query: &UserQuery, request: &SignInRequest) -> Result<Option<Arc<User>>, SignInError> {
        let answer = tokio::time::timeout_at(request.deadline.into(), self.catalog.find_user(query)).await;
        let late = |_| SignInError::new(ErrorName::ServiceUnavailable, "The sign-in took too long");
        answer.map_err(late)?.map_err(SignInError::from)
    }
}

impl Resolver for NativeRule {
    fn name(&self) -> &str {
        &self.name
    }

    fn grants(&self) -> &Grants {
        &self.grants
    }

    fn resolve<'a>(&'a self, request: &'a Arc<SignInRequest>) -> BoxFuture<'a, Resolution> {
        Box::pin(async {
            let mut attempt = Attempt::new(Arc::clone(&self.name), Some(Arc::clone(&self.digest)));
            let result = self.decide(request, &mut attempt).await;
            attempt.error = result.as_ref().err().map(|error| error.name.as_str());
            Resolution { result, attempt }
        })
    }
}
