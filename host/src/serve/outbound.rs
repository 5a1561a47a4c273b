//! What components may ask over HTTP, if any may.

use std::sync::Arc;

use crate::{
    config::{Config, ListenAddress},
    domain::grant::Decision,
    outbound::component::{ComponentHttp, ComponentHttpOptions},
    ports::http_client::{HttpClient, NoDestinations},
};

use super::{StartError, WireOptions};

/// The client of components. Where none of them may ask anybody, there is none: it would read certificates for nothing.
pub(super) fn wire_http(config: &Config, options: &WireOptions) -> Result<Arc<dyn HttpClient>, StartError> {
    let granted = config.stagedoor.components.values().any(|component| matches!(component.grants.http_client, Some(Decision::Grant(_))));
    if !granted {
        return Ok(Arc::new(NoDestinations));
    }
    let configured = match config.stagedoor.listen {
        ListenAddress::Tcp { port, .. } => Some(port),
        ListenAddress::Unix(_) => None,
    };
    let own_ports = options.own_ports.iter().copied().chain(configured).filter(|port| *port != 0).collect();
    let client = ComponentHttp::new(ComponentHttpOptions {
        timeout: config.stagedoor.limits.http_timeout,
        own_ports,
        credentials: &config.stagedoor.credentials,
        names: Arc::clone(&options.names),
        clock: Arc::clone(&options.clock),
    })?;
    Ok(Arc::new(client))
}
