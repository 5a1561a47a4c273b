//! `stagedoor`: our own section, in which every unknown key is a fault.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::PathBuf,
};

use schemars::JsonSchema;

use super::{
    catalog_source::{CatalogSource, CatalogSourceSchema},
    components::ComponentConfig,
    discovery::Discovery,
    limits::LimitsConfig,
    listen::{ListenAddress, socket_mode},
    resolvers::ResolverConfig,
    trust::TrustConfig,
};
use crate::config::{field::Field, schema::optional};

/// The server itself.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, transform = optional)]
pub struct StagedoorConfig {
    /// Where the server listens: `host:port`, or `unix:` and the path of a socket, relative to the file that sets it. Needs a restart.
    #[schemars(extend("default" = "127.0.0.1:7107"))]
    pub listen: ListenAddress,
    /// The mode of the unix socket, in octal digits: whoever may write to it may speak for users. Needs a restart.
    #[schemars(with = "String", extend("default" = "0660", "pattern" = "^0?[0-7]{3}$"))]
    pub socket_mode: u32,
    /// Where users are looked up. Needs a restart.
    #[schemars(with = "CatalogSourceSchema")]
    pub catalog: CatalogSource,
    /// Components by the name under which `signIn.resolvers` and others refer to them. Live.
    pub components: BTreeMap<String, ComponentConfig>,
    /// A directory for compiled components and, without `backend.database`, for keys and user info; relative to the file that sets it. Without it
    /// components are compiled at every start, and users sign in again after it. Needs a restart.
    #[schemars(with = "String")]
    pub state_dir: Option<PathBuf>,
    /// Who may speak for users.
    pub trust: TrustConfig,
    /// What one sign-in may use, and how many may run at once.
    pub limits: LimitsConfig,
}

impl StagedoorConfig {
    pub(in crate::config) fn read(field: &Field<'_>, discovery: &Discovery<'_>) -> Self {
        field.only(&["listen", "socketMode", "catalog", "components", "stateDir", "trust", "limits"]);
        let state_dir = field.key("stateDir");
        let listen = ListenAddress::read(&field.key("listen")).unwrap_or_default();
        let mut read = Self {
            socket_mode: socket_mode(&field.key("socketMode"), &listen).unwrap_or(0o660),
            listen,
            catalog: CatalogSource::File,
            components: ComponentConfig::read_all(&field.key("components")),
            state_dir: state_dir.string("the path of a directory").map(|path| state_dir.origin().resolve(path)),
            trust: TrustConfig::read(&field.key("trust")),
            limits: LimitsConfig::read(&field.key("limits")),
        };
        read.catalog = CatalogSource::read(&field.key("catalog"), discovery, &read.listen, read.limits.timeout);
        read
    }
}

impl StagedoorConfig {
    /// Warns of what is configured and comes to nothing: components that nobody asks, and a trust that no peer of the listener can have.
    pub(in crate::config) fn warn_of_unused(&self, resolvers: &[ResolverConfig], field: &Field<'_>) {
        for name in self.components.keys().filter(|name| resolvers.iter().all(|resolver| resolver.name != **name)) {
            field.key("components").key(name).warning("no item of signIn.resolvers asks it, so it is neither loaded nor checked");
        }
        if self.listen.is_unix() {
            let peers = field.key("trust").key("peers");
            if peers.is_set() {
                peers.warning(
                    "whoever opens a unix socket has no address, so these peers count for nothing: stagedoor.socketMode says who may open it",
                );
            }
            return;
        }
        let this_machine = |address: IpAddr| self.trust.peers.iter().any(|peer| peer.contains(&address));
        if self.listen.is_loopback() && !this_machine(Ipv4Addr::LOCALHOST.into()) && !this_machine(Ipv6Addr::LOCALHOST.into()) {
            let message = format!("stagedoor.listen is {}, which only this machine reaches, and none of these peers is this machine", self.listen);
            field.key("trust").key("peers").warning(&message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{faults, loaded};

    #[test]
    fn everything_has_a_default() {
        let config = loaded("{}").stagedoor;
        assert_eq!((config.listen, config.catalog, config.state_dir), (ListenAddress::default(), CatalogSource::File, None));
        assert_eq!((config.trust, config.limits), (TrustConfig::default(), LimitsConfig::default()));
    }

    #[test]
    fn the_state_directory_is_relative_to_the_file_that_sets_it() {
        let config = loaded("stagedoor: { stateDir: ./state }");
        let file = config.files.last().unwrap();
        assert_eq!(config.stagedoor.state_dir.unwrap(), file.parent().unwrap().join("state"));
    }

    #[test]
    fn unknown_keys_are_refused_all_at_once() {
        insta::assert_snapshot!(faults("stagedoor: { lisen: x, component: {}, admin: {}, limits: { timeOut: 1 s }, trust: { peer: x } }"), @r"
        app-config.yaml: stagedoor.admin: unknown key; the keys here are listen, socketMode, catalog, components, stateDir, trust, limits
        app-config.yaml: stagedoor.component: unknown key; did you mean components?
        app-config.yaml: stagedoor.lisen: unknown key; did you mean listen?
        app-config.yaml: stagedoor.trust.peer: unknown key; did you mean peers?
        app-config.yaml: stagedoor.limits.timeOut: unknown key; did you mean timeout?
        ");
        insta::assert_snapshot!(faults("stagedoor: on"), @"app-config.yaml: stagedoor: expected an object of keys, got a string");
    }
}
