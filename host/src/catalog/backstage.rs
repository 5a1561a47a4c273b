//! The catalog of a running Backstage, asked over HTTP.
//!
//! Guarantees: at most one call a look-up, bounded in time and size; nobody comes out who was not asked for; no value of a query changes what is asked.
//! A catalog that is down, refuses us or talks nonsense is an error, never "nobody".

mod answer;
mod entity;
mod question;
mod together;

use std::{fmt, sync::Arc, time::Duration};

use http::HeaderValue;

use crate::{
    domain::{
        entity_ref::EntityRef,
        group::Group,
        group_filter::GroupFilter,
        query::{FilterTerm, UserQuery},
        user::User,
    },
    outbound::{CallLimits, HttpAnswer, HttpClient, HttpError},
    ports::{
        BoxFuture,
        catalog::{Catalog, CatalogError},
        service_tokens::ServiceTokens,
    },
};

pub use together::AskedTogether;

/// The plugin that a service token is for.
const AUDIENCE: &str = "catalog";

/// Bytes of an answer: a list of some thousand users.
const MAX_BODY: usize = 8 << 20;

/// Who we are to the catalog.
pub enum Credentials {
    /// Nobody: a catalog without Backstage's default policy.
    None,
    /// The holder of a static token of `backend.auth.externalAccess`.
    Static(HeaderValue),
    /// The plugin `auth`.
    Service(Arc<dyn ServiceTokens>),
}

/// Users and groups of a running catalog.
#[derive(Debug)]
pub struct BackstageCatalog {
    client: HttpClient,
    /// Without a slash at its end.
    base_url: String,
    credentials: Credentials,
}

/// The client of the catalog cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the catalog cannot be asked over HTTP: {0}")]
pub struct CatalogClientError(String);

impl Credentials {
    /// The holder of a static token. Fails if it cannot stand in a header.
    pub fn token(token: &str) -> Result<Self, CatalogClientError> {
        bearer(token).map(Self::Static).ok_or_else(|| CatalogClientError("the token cannot stand in a header".into()))
    }
}

/// Secrets are not shown.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Static(_) => "Static",
            Self::Service(_) => "Service",
        })
    }
}

impl BackstageCatalog {
    /// The catalog at this URL, such as `http://backstage:7007/api/catalog`; each call has this time.
    pub fn new(base_url: &str, timeout: Duration, credentials: Credentials) -> Result<Self, CatalogClientError> {
        let client = HttpClient::new(CallLimits { timeout, body: MAX_BODY }).map_err(|error| CatalogClientError(error.to_string()))?;
        Ok(Self { client, base_url: base_url.trim_end_matches('/').to_owned(), credentials })
    }

    /// Whether it can be asked: by a list, since at a wrong address a name would only be "nobody". Whether anybody is found does not matter.
    pub async fn probe(&self) -> Result<(), CatalogError> {
        let name = FilterTerm { key: "metadata.name".into(), values: vec!["stagedoor-probe".into()] };
        self.find(&UserQuery::Filter(vec![vec![name]])).await.map(drop)
    }

    async fn find(&self, query: &UserQuery) -> Result<Option<Arc<User>>, CatalogError> {
        match query {
            UserQuery::Nobody => Ok(None),
            UserQuery::EntityRef(name) => self.by_name(name).await,
            UserQuery::Filter(alternatives) => match question::filter(alternatives) {
                Some(path) => answer::filter(self.get(&path).await?, alternatives),
                None => Ok(None),
            },
            UserQuery::Annotations(annotations) => match question::annotations(annotations) {
                Some(path) => answer::annotations(self.get(&path).await?, annotations),
                None => Ok(None),
            },
        }
    }

    async fn by_name(&self, name: &EntityRef) -> Result<Option<Arc<User>>, CatalogError> {
        match question::by_name(name) {
            Some(path) => answer::by_name(self.get(&path).await?, name),
            None => Ok(None),
        }
    }

    /// Each at its place.
    async fn by_refs(&self, refs: &[EntityRef]) -> Result<Vec<Option<Arc<User>>>, CatalogError> {
        answer::users(self.ask_for(refs).await?, refs)
    }

    async fn groups_of(&self, refs: &[EntityRef]) -> Result<Vec<Option<Arc<Group>>>, CatalogError> {
        if refs.is_empty() {
            return Ok(Vec::new());
        }
        answer::groups(self.ask_for(refs).await?, refs)
    }

    async fn ask_for(&self, refs: &[EntityRef]) -> Result<HttpAnswer, CatalogError> {
        let (url, authorization) = (self.url(question::BY_REFS), self.authorization().await?);
        self.client.post_json(&url, authorization, question::refs(refs)).await.map_err(CatalogError::from)
    }

    async fn groups_like(&self, filter: &GroupFilter) -> Result<Vec<Arc<Group>>, CatalogError> {
        let Some(path) = question::groups(filter.alternatives()) else { return Ok(Vec::new()) };
        match self.client.get(&self.url(&path), self.authorization().await?).await {
            // A filter that describes most of a large catalog is the question's fault, not the answer's.
            Err(HttpError::BodyTooLarge(_)) => Err(CatalogError::TooMany),
            asked => answer::find_groups(asked.map_err(CatalogError::from)?, filter),
        }
    }

    async fn get(&self, path: &str) -> Result<HttpAnswer, CatalogError> {
        self.client.get(&self.url(path), self.authorization().await?).await.map_err(CatalogError::from)
    }

    fn url(&self, path: &str) -> String {
        [&self.base_url, path].concat()
    }

    async fn authorization(&self) -> Result<Option<HeaderValue>, CatalogError> {
        Ok(match &self.credentials {
            Credentials::None => None,
            Credentials::Static(value) => Some(value.clone()),
            Credentials::Service(tokens) => {
                let token = tokens.token(AUDIENCE).await.map_err(|error| CatalogError::Unavailable(error.to_string()))?;
                Some(bearer(&token).ok_or_else(|| CatalogError::Unavailable("the service token cannot stand in a header".into()))?)
            }
        })
    }
}

impl From<HttpError> for CatalogError {
    fn from(error: HttpError) -> Self {
        let text = error.to_string();
        match error {
            HttpError::Connect(_) | HttpError::Broken(_) | HttpError::Timeout(_) | HttpError::Body(_) => Self::Unavailable(text),
            HttpError::Client(_) | HttpError::BodyTooLarge(_) | HttpError::Redirect(_) => Self::Senseless(text),
        }
    }
}

impl Catalog for BackstageCatalog {
    fn find_user<'a>(&'a self, query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>> {
        Box::pin(self.find(query))
    }

    fn groups<'a>(&'a self, refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        Box::pin(self.groups_of(refs))
    }

    fn find_groups<'a>(&'a self, filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>> {
        Box::pin(self.groups_like(filter))
    }
}

fn bearer(token: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
