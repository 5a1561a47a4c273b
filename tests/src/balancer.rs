//! A load balancer on loopback: each connection goes to the next of several servers.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::atomic::{AtomicUsize, Ordering},
};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

/// Balances until it is dropped.
pub struct Balancer {
    /// Where it listens.
    pub address: SocketAddr,
    _stop: DropGuard,
}

impl Balancer {
    /// Starts before these servers.
    ///
    /// # Panics
    ///
    /// If there are none, or no free port.
    pub async fn start(servers: Vec<SocketAddr>) -> Self {
        assert!(!servers.is_empty(), "nothing to balance");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("the address of a listener");
        let stop = CancellationToken::new();
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            let next = AtomicUsize::new(0);
            while let Ok((mut client, _)) = listener.accept().await {
                let server = servers[next.fetch_add(1, Ordering::Relaxed) % servers.len()];
                tokio::spawn(async move {
                    let mut upstream = TcpStream::connect(server).await?;
                    tokio::io::copy_bidirectional(&mut client, &mut upstream).await
                });
            }
        }));
        Self { address, _stop: stop.drop_guard() }
    }
}
