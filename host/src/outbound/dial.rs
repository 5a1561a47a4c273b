//! What stands in front of every connection that a component's request makes, on each hop.
//!
//! Guarantees: no link-local or metadata address is contacted, whatever a name resolves to at that very moment and however an address is written; and
//! nothing reaches a port of this server on this machine, where loopback may speak for users.

use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Client,
    dns::{Name, Resolve, Resolving},
};

use crate::{
    domain::{address, outbound_url::OutboundUrl},
    ports::names::Names,
};

use super::{HttpError, IDLE_CONNECTIONS, builder};

/// Why an address is not contacted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Guarded {
    /// It is of a kind that never is.
    #[error("{host} is {address}, {rule}, which is never contacted")]
    Never {
        /// As it stands in the URL.
        host: String,
        /// What it is.
        address: IpAddr,
        /// Which kind.
        rule: &'static str,
    },
    /// This server listens there.
    #[error("{host} is {address}, which is this machine, and this server listens on that port: it is never contacted")]
    Own {
        /// As it stands in the URL.
        host: String,
        /// What it is.
        address: IpAddr,
    },
}

/// Connections to wherever a component may go.
#[derive(Debug)]
pub(super) struct Dialer {
    pooled: Client,
    /// Keeps no connection, so each of its requests has a new one.
    fresh: Client,
    /// For ports on which this server listens: reaches no address of this machine.
    elsewhere: Client,
    own_ports: Vec<u16>,
}

impl Dialer {
    /// Connections that avoid these ports, of this server, on this machine.
    pub(super) fn new(connect_timeout: Duration, names: &Arc<dyn Names>, own_ports: Vec<u16>) -> Result<Self, HttpError> {
        let client = |idle_connections, avoids_this_machine| {
            let names = GuardedNames { names: Arc::clone(names), avoids_this_machine };
            builder(connect_timeout, idle_connections).dns_resolver(names).build().map_err(HttpError::client)
        };
        Ok(Self { pooled: client(IDLE_CONNECTIONS, false)?, fresh: client(0, false)?, elsewhere: client(0, true)?, own_ports })
    }

    /// The client whose connections may lead there. An address in the URL is never looked up, so it is checked here.
    pub(super) fn client(&self, url: &OutboundUrl, fresh: bool) -> Result<&Client, Guarded> {
        let avoids_this_machine = self.own_ports.contains(&url.port());
        if let Some(address) = url.address() {
            check(url.host(), address, avoids_this_machine)?;
        }
        Ok(match (avoids_this_machine, fresh) {
            (true, _) => &self.elsewhere,
            (false, true) => &self.fresh,
            (false, false) => &self.pooled,
        })
    }
}

/// The guard's refusal, where it is what a request failed of.
pub(super) fn guarded(error: &reqwest::Error) -> Option<Guarded> {
    let chain = std::iter::successors(error.source(), |source| (*source).source());
    chain.into_iter().find_map(|source| source.downcast_ref::<Guarded>()).cloned()
}

/// Names, without the addresses that are not contacted.
struct GuardedNames {
    names: Arc<dyn Names>,
    avoids_this_machine: bool,
}

impl Resolve for GuardedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, avoids_this_machine) = (Arc::clone(&self.names), self.avoids_this_machine);
        Box::pin(async move {
            let host = name.as_str();
            let (mut allowed, mut refused) = (Vec::new(), None);
            for address in names.look_up(host).await? {
                match check(host, address, avoids_this_machine) {
                    Ok(()) => allowed.push(SocketAddr::new(address, 0)),
                    Err(guarded) => refused = Some(guarded),
                }
            }
            match refused {
                Some(guarded) if allowed.is_empty() => Err(guarded.into()),
                None if allowed.is_empty() => Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into()),
                _ => Ok(Box::new(allowed.into_iter()) as Box<dyn Iterator<Item = SocketAddr> + Send>),
            }
        })
    }
}

fn check(host: &str, address: IpAddr, avoids_this_machine: bool) -> Result<(), Guarded> {
    if let Some(rule) = address::never_contacted(address) {
        return Err(Guarded::Never { host: host.to_owned(), address, rule });
    }
    if avoids_this_machine && address::forms(address).any(is_this_machine) {
        return Err(Guarded::Own { host: host.to_owned(), address });
    }
    Ok(())
}

/// Whether an address is one of this machine: only such can be bound. Where that cannot be told, it counts as one.
fn is_this_machine(address: IpAddr) -> bool {
    address.is_loopback() || !UdpSocket::bind((address, 0)).is_err_and(|error| error.kind() == io::ErrorKind::AddrNotAvailable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::BoxFuture;

    /// One name, which has these addresses.
    struct Fixed(Vec<IpAddr>);

    impl Names for Fixed {
        fn look_up<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
            Box::pin(async { Ok(self.0.clone()) })
        }
    }

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    async fn resolved(known: &[&str], avoids_this_machine: bool) -> Result<Vec<String>, String> {
        let names = GuardedNames { names: Arc::new(Fixed(addresses(known))), avoids_this_machine };
        let found = names.resolve("x.example".parse().unwrap()).await.map_err(|error| error.to_string())?;
        Ok(found.map(|address| address.ip().to_string()).collect())
    }

    #[tokio::test]
    async fn a_name_leads_to_no_address_that_is_not_contacted() {
        assert_eq!(resolved(&["127.0.0.1", "192.0.2.1"], false).await, Ok(vec!["127.0.0.1".into(), "192.0.2.1".into()]));
        assert_eq!(resolved(&["169.254.169.254", "192.0.2.1", "fe80::1"], false).await, Ok(vec!["192.0.2.1".into()]));
        let refusal = "x.example is ::ffff:169.254.169.254, a link-local address, which is never contacted";
        assert_eq!(resolved(&["::ffff:169.254.169.254"], false).await, Err(refusal.into()));
        assert_eq!(resolved(&[], false).await, Err("the name has no address".into()));
    }

    #[tokio::test]
    async fn on_a_port_of_ours_a_name_leads_to_no_address_of_this_machine() {
        assert_eq!(resolved(&["127.0.0.1", "192.0.2.1", "::1"], true).await, Ok(vec!["192.0.2.1".into()]));
        for own in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            let refusal = format!("x.example is {own}, which is this machine, and this server listens on that port: it is never contacted");
            assert_eq!(resolved(&[own], true).await, Err(refusal));
        }
    }

    #[test]
    fn an_address_is_checked_without_being_looked_up() {
        let names: Arc<dyn Names> = Arc::new(Fixed(Vec::new()));
        let dialer = Dialer::new(Duration::from_secs(1), &names, vec![7107]).unwrap();
        let refused = |url: &str| dialer.client(&OutboundUrl::parse(url).unwrap(), false).map(drop).map_err(|error| error.to_string());
        for url in ["http://127.0.0.1:7108/", "http://[::1]/", "http://192.0.2.1:7107/", "http://x.example:7107/"] {
            assert_eq!(refused(url), Ok(()), "{url}");
        }
        for url in ["http://127.0.0.1:7107/", "http://127.0.0.2:7107/", "http://[::1]:7107/", "http://[::ffff:127.0.0.1]:7107/"] {
            assert!(refused(url).is_err_and(|error| error.contains("this server listens on that port")), "{url}");
        }
        for url in ["http://169.254.169.254/", "http://[fe80::1]/", "http://0.0.0.0:7107/", "http://[::]/", "https://[fd00:ec2::254]/"] {
            assert!(refused(url).is_err_and(|error| error.contains("which is never contacted")), "{url}");
        }
    }
}
