//! Which catalog runs, and what a start says about it.

use std::{io, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    catalog::{
        backstage::{BackstageCatalog, Credentials},
        cache::{self, CacheOptions, CatalogCache},
        file::{CatalogLocation, FileCatalog, Watch},
    },
    config::{CatalogApiConfig, CatalogCacheConfig, CatalogConfig, CatalogSource, Config, FileLocation},
    domain::{entity_ref::EntityRef, group::Group, group_filter::GroupFilter, query::UserQuery, user::User},
    ports::{
        BoxFuture,
        catalog::{Catalog, CatalogError},
        clock::Clock,
        service_tokens::ServiceTokens,
    },
};

use super::StartError;

/// How often the catalog's files are looked at.
const FILES_POLL: Duration = Duration::from_secs(1);

/// The catalog that was configured.
pub enum WiredCatalog {
    /// Files.
    Files(Arc<FileCatalog>),
    /// A running Backstage.
    Backstage {
        /// Where it is.
        url: String,
        /// Asks it every time.
        api: Arc<BackstageCatalog>,
        /// Asks it less often, if that is configured.
        cache: Option<Arc<CatalogCache>>,
    },
}

impl WiredCatalog {
    /// Makes the one that is configured. Without a token of its own, calls carry service tokens, if there is somebody who makes them.
    pub(super) async fn wire(config: &Config, clock: &Arc<dyn Clock>, tokens: Option<Arc<dyn ServiceTokens>>) -> Result<Self, StartError> {
        match &config.stagedoor.catalog {
            CatalogSource::File => files(&config.catalog).await,
            CatalogSource::Backstage(settings) => over_http(settings, config.stagedoor.limits.concurrency, clock, tokens),
        }
    }

    fn adapter(&self) -> &dyn Catalog {
        match self {
            Self::Files(files) => &**files,
            Self::Backstage { cache: Some(cache), .. } => &**cache,
            Self::Backstage { api, cache: None, .. } => &**api,
        }
    }

    /// The files, if it is made of files.
    pub fn files(&self) -> Option<&FileCatalog> {
        match self {
            Self::Files(files) => Some(files),
            Self::Backstage { .. } => None,
        }
    }

    /// How many users the files hold; none of a running Backstage's are held here.
    pub fn users(&self) -> usize {
        self.files().map_or(0, FileCatalog::users)
    }

    /// What was left out or looks like a mistake.
    pub(super) fn warnings(&self) -> Vec<String> {
        self.files().map(FileCatalog::warnings).unwrap_or_default()
    }

    /// What a running catalog says to a first question. A server starts without it: this is for whoever checks a configuration.
    pub(super) async fn probe(&self) -> Option<String> {
        let Self::Backstage { url, api, .. } = self else { return None };
        let error = api.probe().await.err()?;
        Some(format!("{url}: {error}; sign-ins fail until it can be asked (stagedoor.catalog, discovery.endpoints)"))
    }

    /// Reads files again whenever they change, as long as the guard lives; tells of the cache now and then, until the server stops.
    pub fn tend(&self, stop: CancellationToken) -> io::Result<Option<Watch>> {
        match self {
            Self::Files(files) => files.watch(FILES_POLL).map(Some),
            Self::Backstage { cache, .. } => {
                if let Some(cache) = cache {
                    tokio::spawn(cache::report(Arc::clone(cache), stop));
                }
                Ok(None)
            }
        }
    }

    /// Where users are, in a few words.
    pub(super) fn summary(&self) -> String {
        match self {
            Self::Files(files) => format!("{} users, {} groups from files", files.users(), files.groups()),
            Self::Backstage { url, cache: Some(cache), .. } => format!("{url} (kept for {:?})", cache.options().ttl),
            Self::Backstage { url, cache: None, .. } => format!("{url} (asked every time)"),
        }
    }
}

impl Catalog for WiredCatalog {
    fn find_user<'a>(&'a self, query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>> {
        self.adapter().find_user(query)
    }

    fn groups<'a>(&'a self, refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        self.adapter().groups(refs)
    }

    fn find_groups<'a>(&'a self, filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>> {
        self.adapter().find_groups(filter)
    }
}

/// Reading a large catalog takes its time, so it happens where it does not keep a stop from being noticed.
async fn files(config: &CatalogConfig) -> Result<WiredCatalog, StartError> {
    let location = |FileLocation { target, origin, named_by }: FileLocation| CatalogLocation { target, origin, named_by };
    let working_directory = std::env::current_dir().unwrap_or_default();
    let locations = config.locations.iter().cloned().map(location).collect();
    match tokio::task::spawn_blocking(move || FileCatalog::load(locations, working_directory)).await {
        Ok(loaded) => Ok(WiredCatalog::Files(Arc::new(loaded?))),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// A sign-in makes one call at a time, so as many calls as sign-ins can run at once.
fn over_http(
    config: &CatalogApiConfig,
    concurrency: usize,
    clock: &Arc<dyn Clock>,
    tokens: Option<Arc<dyn ServiceTokens>>,
) -> Result<WiredCatalog, StartError> {
    let credentials = match &config.token {
        Some(token) => Credentials::token(token.expose())?,
        None => tokens.map_or(Credentials::None, Credentials::Service),
    };
    let api = Arc::new(BackstageCatalog::new(&config.url, config.timeout, credentials)?);
    let cache = config.cache.as_ref().map(|kept| {
        let CatalogCacheConfig { ttl, negative_ttl, stale_if_error, memory } = *kept;
        let options = CacheOptions { ttl, negative_ttl, stale_if_error, memory: memory as u64, calls: concurrency };
        Arc::new(CatalogCache::new(Arc::clone(&api) as Arc<dyn Catalog>, Arc::clone(clock), options))
    });
    Ok(WiredCatalog::Backstage { url: config.url.clone(), api, cache })
}
