//! What a start says about itself: enough to know what runs and to try it.

use std::{
    fmt::{self, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use crate::{
    config::{Config, HttpsConfig, IdTokenTrust, ListenAddress, StagedoorConfig},
    domain::{component_kind::ComponentKind, headers::identity},
    generation::stage::{About, Staged},
};

use super::{Bound, Wired};

/// Components, catalog, trust, state: the part that `check` prints too.
pub fn summary(wired: &Wired, staged: &Staged) -> String {
    let mut text = String::new();
    let mut above = None;
    for about in staged.all() {
        let label = if above.replace(about.kind) == Some(about.kind) { "" } else { label(about.kind) };
        let About { name, version, origin, digest, powers, .. } = about;
        let digest = digest.get(..19).unwrap_or(digest);
        let powers: Vec<_> = powers.iter().map(|(power, decided)| format!("{power} {decided}")).collect();
        let powers = if powers.is_empty() { "no powers".to_owned() } else { powers.join(", ") };
        let _ = writeln!(text, "  {label:<10} {name} {version} ({origin}, {digest}…; {powers})");
    }
    let _ = writeln!(text, "  {:<10} {}", "catalog", wired.catalog.summary());
    let table = |(name, revision, keys): &(String, String, usize)| format!("{name} {revision} ({keys} {})", if *keys == 1 { "key" } else { "keys" });
    let tables: Vec<_> = wired.tables.names().iter().map(table).collect();
    if !tables.is_empty() {
        let _ = writeln!(text, "  {:<10} {}", "tables", tables.join(", "));
    }
    let _ = writeln!(text, "  {:<10} {}", "keys", wired.places);
    let _ = writeln!(text, "  {:<10} {} may speak for users", "trust", trusted(&wired.config.stagedoor));
    let state = wired.config.stagedoor.state_dir.as_ref().map(|path| path.display().to_string());
    let _ =
        writeln!(text, "  {:<10} {}", "state", state.unwrap_or_else(|| "none (stagedoor.stateDir): components are compiled at every start".into()));
    if !wired.pooled() {
        let _ = writeln!(text, "  {:<10} on demand: the pool could not be reserved (ulimit -v), sign-ins cost more", "instances");
    }
    text
}

/// What stands before the first component of a kind.
fn label(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Resolver => "resolvers",
        ComponentKind::Profile | ComponentKind::Ownership => kind.word(),
    }
}

/// The banner of `serve`.
pub(super) fn banner(wired: &Wired, staged: &Staged, place: &Place) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut text = format!("stagedoor {version} listening on {place}\n");
    text.push_str(&summary(wired, staged));
    if let Some(name) = &wired.developer {
        let _ = writeln!(text, "  {:<10} every request is {}'s (--as)", "developer", name.to_str().unwrap_or("?"));
    }
    // Where this machine may not speak, the line would not work.
    let trust = &wired.config.stagedoor.trust;
    let may_speak = place.here().is_none_or(|here| trust.peers.iter().any(|peer| peer.contains(&here))) && trust.shared_secret.is_none();
    if wired.developer.is_some() || may_speak && trust.id_token == IdTokenTrust::Optional {
        let header = staged.resolvers.first().and_then(|staged| staged.about.headers.first()).map_or(identity::USER, String::as_str);
        let value = if header == identity::EMAIL { "alice@example.com" } else { "alice" };
        let _ = writeln!(text, "  {:<10} curl {}-H '{header}: {value}' {}/api/auth/oauth2Proxy/refresh", "try", place.options(), place.url());
    }
    text
}

/// Who may speak: every condition, joined by "and".
fn trusted(config: &StagedoorConfig) -> String {
    let who = if config.listen.is_unix() {
        format!("whoever may open the socket (mode {:04o})", config.socket_mode)
    } else {
        config.trust.peers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    let who = match &config.trust.shared_secret {
        Some(secret) => format!("{who}, and only with the secret in {},", secret.header),
        None => who,
    };
    match config.trust.id_token {
        IdTokenTrust::Required => format!("{who} with an ID token"),
        IdTokenTrust::Optional => who,
    }
}

/// Where the server can be reached.
pub(super) struct Place {
    address: Option<SocketAddr>,
    listen: ListenAddress,
    https: HttpsConfig,
}

impl Place {
    pub(super) fn of(config: &Config, bound: &Bound) -> Self {
        Self { address: bound.listener.address(), listen: config.stagedoor.listen.clone(), https: config.backend.https.clone() }
    }

    fn scheme(&self) -> &'static str {
        if self.https.is_on() { "https" } else { "http" }
    }

    /// Whom the server sees if somebody on this machine asks; `None` at a unix socket.
    fn here(&self) -> Option<IpAddr> {
        self.address.map(|address| reachable(address.ip()))
    }

    /// What somebody on this machine writes before the path.
    fn url(&self) -> String {
        let host =
            self.address.map_or_else(|| "localhost".to_owned(), |address| SocketAddr::new(reachable(address.ip()), address.port()).to_string());
        format!("{}://{host}", self.scheme())
    }

    /// What curl needs to get there.
    fn options(&self) -> String {
        let insecure = if self.https == HttpsConfig::SelfSigned { "-k " } else { "" };
        match &self.listen {
            ListenAddress::Unix(path) => format!("{insecure}--unix-socket {} ", path.display()),
            ListenAddress::Tcp { .. } => insecure.to_owned(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "{}://{address}", self.scheme()),
            None => write!(f, "{}{}", self.listen, if self.https.is_on() { " (https)" } else { "" }),
        }
    }
}

/// Where somebody on this machine reaches a listener.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}
