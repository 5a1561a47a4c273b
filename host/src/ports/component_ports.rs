//! What the host functions of a component ask, the same for every component of a server.

use std::sync::Arc;

use super::{
    catalog::Catalog,
    claims_verifier::{ClaimsVerifier, NoTokens},
    http_client::{HttpClient, NoDestinations},
    tables::{NoTables, Tables},
};

/// The ports behind the host functions.
#[derive(Clone)]
pub struct ComponentPorts {
    /// Users and groups.
    pub catalog: Arc<dyn Catalog>,
    /// Tokens of the request.
    pub claims: Arc<dyn ClaimsVerifier>,
    /// Tables of the operator.
    pub tables: Arc<dyn Tables>,
    /// Other systems.
    pub http: Arc<dyn HttpClient>,
}

impl ComponentPorts {
    /// This catalog, and nothing else.
    pub fn only(catalog: Arc<dyn Catalog>) -> Self {
        Self { catalog, claims: Arc::new(NoTokens), tables: Arc::new(NoTables), http: Arc::new(NoDestinations) }
    }
}
