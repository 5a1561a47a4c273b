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
    credentials::{CredentialConfig, CredentialsSchema},
    discovery::Discovery,
    limits::LimitsConfig,
    listen::{ListenAddress, socket_mode},
    resolvers::ResolverConfig,
    single_component::{self, SingleComponentSchema},
    tables::{TableConfig, TableSchema},
    tokens::{TokenConfig, TokensSchema},
    trust::{IdTokenTrust, TrustConfig},
};
use crate::{
    config::{field::Field, schema::optional},
    domain::{
        grant::{Decision, Power, TokenBounds},
        token_claims::ID,
    },
};

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
    /// Credentials by the name under which `grants.http-client.credentials` refers to them: requests of components bear them, and no component sees
    /// them. Each is bound to its own destinations. Live.
    #[schemars(with = "CredentialsSchema")]
    pub credentials: BTreeMap<String, CredentialConfig>,
    /// The component that decides what the page shows about a person, before the resolvers run: a name in `components`, or that with its settings.
    /// Live.
    #[schemars(with = "SingleComponentSchema")]
    pub profile: Option<ResolverConfig>,
    /// The component that decides what a catalog user owns, whichever resolver chose them: a name in `components`, or `nestedGroups`, with all groups
    /// above those of the user; or that with its settings. Live.
    #[schemars(with = "SingleComponentSchema")]
    pub ownership: Option<ResolverConfig>,
    /// A directory for compiled components and, without `backend.database`, for keys and user info; relative to the file that sets it. Without it
    /// components are compiled at every start, and users sign in again after it. Needs a restart.
    #[schemars(with = "String")]
    pub state_dir: Option<PathBuf>,
    /// Tokens that a request brings along, by the names that grants use. The claims of the one named `id` are told to every resolver.
    #[schemars(with = "TokensSchema")]
    pub tokens: BTreeMap<String, TokenConfig>,
    /// Who may speak for users.
    pub trust: TrustConfig,
    /// What one sign-in may use, and how many may run at once.
    pub limits: LimitsConfig,
    /// Tables by the name under which components look into them.
    #[schemars(with = "BTreeMap<String, TableSchema>")]
    pub tables: BTreeMap<String, TableConfig>,
}

impl StagedoorConfig {
    pub(in crate::config) fn read(field: &Field<'_>, discovery: &Discovery<'_>) -> Self {
        field.only(&[
            "listen",
            "socketMode",
            "catalog",
            "components",
            "credentials",
            "profile",
            "ownership",
            "stateDir",
            "tables",
            "tokens",
            "trust",
            "limits",
        ]);
        let state_dir = field.key("stateDir");
        let listen = ListenAddress::read(&field.key("listen")).unwrap_or_default();
        let trust = TrustConfig::read(&field.key("trust"), &listen);
        let tokens = TokenConfig::read_all(&field.key("tokens"), trust.shared_secret.as_ref().map(|secret| &secret.header));
        TokenConfig::warn_where_unstated(&field.key("tokens"), &field.key("trust").key("idToken"));
        let mut read = Self {
            socket_mode: socket_mode(&field.key("socketMode"), &listen).unwrap_or(0o660),
            catalog: CatalogSource::File,
            components: ComponentConfig::read_all(&field.key("components"), &tokens),
            credentials: CredentialConfig::read_all(&field.key("credentials")),
            profile: single_component::read(&field.key("profile")),
            ownership: single_component::read(&field.key("ownership")),
            state_dir: state_dir.string("the path of a directory").map(|path| state_dir.origin().resolve(path)),
            tokens,
            trust,
            limits: LimitsConfig::read(&field.key("limits")),
            tables: TableConfig::read_all(&field.key("tables")),
            listen,
        };
        read.check_credentials(field);
        read.catalog = CatalogSource::read(&field.key("catalog"), discovery, &read.listen, read.limits.timeout);
        if read.trust.id_token == IdTokenTrust::Required && !field.key("tokens").key(ID).is_set() {
            let message = "there is no stagedoor.tokens.id: say there who signs the ID token, and whom it is for";
            field.key("trust").key("idToken").error::<()>(message);
        }
        read
    }
}

impl StagedoorConfig {
    /// Refuses a grant of a credential that there is not.
    fn check_credentials(&self, field: &Field<'_>) {
        // One that is there and wrong has its own fault.
        let there: Vec<_> = field.key("credentials").entries().into_iter().map(|(name, _)| name).collect();
        for (component, config) in &self.components {
            let Some(Decision::Grant(bounds)) = &config.grants.http_client else { continue };
            let named = field.key("components").key(component).key("grants").key(Power::HttpClient.name()).key("credentials");
            for missing in bounds.credentials.iter().filter(|name| !there.contains(&name.as_str())) {
                named.error::<()>(format!("there is no stagedoor.credentials.{missing}"));
            }
        }
    }

    /// Warns of what is configured and comes to nothing: components that nobody asks, and a trust that no peer of the listener can have.
    pub(in crate::config) fn warn_of_unused(&self, resolvers: &[ResolverConfig], field: &Field<'_>) {
        let asks = |name: &str| resolvers.iter().chain(&self.profile).chain(&self.ownership).any(|asked| asked.name == name);
        for name in self.components.keys().filter(|name| !asks(name)) {
            let message =
                "neither an item of signIn.resolvers nor stagedoor.profile or stagedoor.ownership asks it, so it is neither loaded nor checked";
            field.key("components").key(name).warning(message);
        }
        let may_name = |name: &String| {
            let grants = self.components.values().map(|component| &component.grants.http_client);
            grants.into_iter().any(|grant| matches!(grant, Some(Decision::Grant(bounds)) if bounds.credentials.contains(name)))
        };
        for name in self.credentials.keys().filter(|name| !may_name(name)) {
            field.key("credentials").key(name).warning("no component may name it (grants.http-client.credentials)");
        }
        for name in self.tokens.keys().filter(|name| *name != ID && !self.may_be_read(name)) {
            field.key("tokens").key(name).warning("no component is granted to read its claims, so nobody looks at it");
        }
        if self.listen.is_unix() {
            return;
        }
        let this_machine = |address: IpAddr| self.trust.peers.iter().any(|peer| peer.contains(&address));
        if self.listen.is_loopback() && !this_machine(Ipv4Addr::LOCALHOST.into()) && !this_machine(Ipv6Addr::LOCALHOST.into()) {
            let message = format!("stagedoor.listen is {}, which only this machine reaches, and none of these peers is this machine", self.listen);
            field.key("trust").key("peers").warning(&message);
        }
    }

    /// Whether some component may read the claims of this token.
    fn may_be_read(&self, token: &str) -> bool {
        let allows = |decision: &Option<Decision<TokenBounds>>| matches!(decision, Some(Decision::Grant(bounds)) if bounds.allow(token));
        self.components.values().any(|component| allows(&component.grants.verified_claims) || allows(&component.grants.unverified_claims))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{
        Config,
        testing::{faults, load_files, load_with, loaded},
    };

    /// What is configured where that is all there is, and on top of a file that has a secret and peers.
    fn alone_and_on_top(text: &str) -> (Result<Config, String>, Result<Config, String>) {
        let least = ("least.yaml", "auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: least }] } } } }");
        let below = ("below.yaml", "stagedoor: { trust: { peers: 10.0.0.1, sharedSecret: { values: 0123456789abcdef } } }");
        let load = |files: &[(&str, &str)]| load_files(files).map_err(|errors| errors.to_string());
        (load(&[least, ("app-config.yaml", text)]), load(&[least, below, ("app-config.yaml", text)]))
    }

    #[test]
    fn null_is_refused_where_it_takes_nothing_away() {
        for path in ["stagedoor", "stagedoor.trust", "stagedoor.trust.peers", "stagedoor.trust.sharedSecret", "stagedoor.trust.sharedSecret.values"] {
            let text = path.split('.').enumerate().map(|(depth, key)| format!("{}{key}:", " ".repeat(depth))).collect::<Vec<_>>().join("\n");
            let (alone, on_top) = alone_and_on_top(&text);
            let fault = format!("app-config.yaml: {path}: nothing stands here");
            assert!(alone.as_ref().is_err_and(|error| error.starts_with(&fault) && error.lines().count() == 1), "{alone:?}");
            match path {
                // Without its values a secret is none, and says so.
                "stagedoor.trust.sharedSecret.values" => assert!(on_top.unwrap_err().contains("values: missing; expected one secret")),
                "stagedoor.trust.peers" => assert_eq!(on_top.unwrap().stagedoor.trust.peers, TrustConfig::default().peers),
                _ => assert_eq!(on_top.unwrap().stagedoor.trust.shared_secret, None, "as in Backstage, a file takes away what stands below it"),
            }
        }
        for key in ["digest", "grants"] {
            let fault = faults(&format!("stagedoor: {{ components: {{ a: {{ source: a.wasm, {key}: ~ }} }} }}"));
            assert!(fault.starts_with(&format!("app-config.yaml: stagedoor.components.a.{key}: nothing stands here")), "{fault}");
        }
        assert!(alone_and_on_top("backend: { https: ~ }\ncatalog: ~\n").0.is_ok(), "as in Backstage");
    }

    #[test]
    fn what_an_include_does_not_find_is_missed() {
        let included = [("inc.yaml", "empty: ~\nother: {}\n")];
        for (trust, fault) in [
            ("{ sharedSecret: { $include: 'inc.yaml#secret' } }", "app-config.yaml: stagedoor.trust.sharedSecret: the included file has no such key"),
            ("{ peers: [{ $include: 'inc.yaml#other.peer' }] }", "app-config.yaml: stagedoor.trust.peers[0]: the included file has no such key"),
            ("{ sharedSecret: { $include: 'inc.yaml#empty' } }", "inc.yaml: stagedoor.trust.sharedSecret: nothing stands here"),
        ] {
            let error = load_with(&format!("stagedoor: {{ trust: {trust} }}"), &included).unwrap_err().to_string();
            assert!(error.starts_with(fault) && error.lines().count() == 1, "{error}");
        }
        let item = "auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: a, allowedDomains: { $include: 'inc.yaml#x' } }] } } } }";
        let error = load_with(item, &included).unwrap_err().to_string();
        assert!(error.contains("signIn.resolvers[0].allowedDomains: the included file has no such key"), "{error}");
        assert!(load_with("backend: { https: { $include: 'inc.yaml#x' } }", &included).is_ok(), "as in Backstage");
    }

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
        app-config.yaml: stagedoor.admin: unknown key; the keys here are listen, socketMode, catalog, components, credentials, profile, ownership, stateDir, tables, tokens, trust, limits
        app-config.yaml: stagedoor.component: unknown key; did you mean components?
        app-config.yaml: stagedoor.lisen: unknown key; did you mean listen?
        app-config.yaml: stagedoor.trust.peer: unknown key; did you mean peers?
        app-config.yaml: stagedoor.limits.timeOut: unknown key; did you mean timeout?
        ");
        insta::assert_snapshot!(faults("stagedoor: on"), @"app-config.yaml: stagedoor: expected an object of keys, got a string");
    }
}
