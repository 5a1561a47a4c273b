//! What a start says about itself: enough to know what runs and to try it.

use std::{
    fmt::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use crate::{domain::headers::identity, generation::stage::StagedResolver};

use super::Wired;

/// Resolvers, catalog, trust, state: the part that `check` prints too.
pub fn summary(wired: &Wired, staged: &[StagedResolver]) -> String {
    let mut text = String::new();
    for (position, staged) in staged.iter().enumerate() {
        let label = if position == 0 { "resolvers" } else { "" };
        let digest = staged.digest.get(..19).unwrap_or(&staged.digest);
        let powers: Vec<_> = staged.powers.iter().map(|(power, decided)| format!("{power} {decided}")).collect();
        let powers = if powers.is_empty() { "no powers".to_owned() } else { powers.join(", ") };
        let _ = writeln!(text, "  {label:<10} {} {} ({}, {digest}…; {powers})", staged.resolver.name(), staged.version, staged.origin);
    }
    let (users, groups) = (wired.catalog.users(), wired.catalog.groups());
    let _ = writeln!(text, "  {:<10} {users} users, {groups} groups from files", "catalog");
    let _ = writeln!(text, "  {:<10} {}", "keys", wired.places);
    let peers: Vec<_> = wired.config.stagedoor.trust.peers.iter().map(ToString::to_string).collect();
    let _ = writeln!(text, "  {:<10} {} may speak for users", "trust", peers.join(", "));
    let state = wired.config.stagedoor.state_dir.as_ref().map(|path| path.display().to_string());
    let _ =
        writeln!(text, "  {:<10} {}", "state", state.unwrap_or_else(|| "none (stagedoor.stateDir): components are compiled at every start".into()));
    if !wired.pooled() {
        let _ = writeln!(text, "  {:<10} on demand: the pool could not be reserved (ulimit -v), sign-ins cost more", "instances");
    }
    text
}

/// The banner of `serve`.
pub(super) fn banner(wired: &Wired, staged: &[StagedResolver], address: SocketAddr) -> String {
    let here = SocketAddr::new(reachable(address.ip()), address.port());
    let version = env!("CARGO_PKG_VERSION");
    let mut text = format!("stagedoor {version} listening on http://{address}\n");
    text.push_str(&summary(wired, staged));
    if let Some(name) = &wired.developer {
        let _ = writeln!(text, "  {:<10} every request is {}'s (--as)", "developer", name.to_str().unwrap_or("?"));
    }
    // Where this machine may not speak, the line would not work.
    if wired.developer.is_some() || wired.config.stagedoor.trust.peers.iter().any(|peer| peer.contains(&here.ip())) {
        let header = staged.first().and_then(|staged| staged.headers.first()).map_or(identity::USER, String::as_str);
        let value = if header == identity::EMAIL { "alice@example.com" } else { "alice" };
        let _ = writeln!(text, "  {:<10} curl -H '{header}: {value}' http://{here}/api/auth/oauth2Proxy/refresh", "try");
    }
    text
}

/// Where somebody on this machine reaches a listener.
fn reachable(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}
