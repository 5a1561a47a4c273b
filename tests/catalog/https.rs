//! The catalog behind TLS: only one whose certificate this machine trusts is asked. Through the binary, whose environment names the authority.

use std::{fs, net::SocketAddr, process::Command, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use stagedoor_tests::{binary, state_directory};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use super::*;

/// Serves alice to whoever comes, with a certificate for localhost, and returns the authority's.
async fn serve_alice() -> (SocketAddr, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not trust us goes away in the handshake.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let body = user("alice").to_string();
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (address, authority.pem())
}

/// What `try` says about alice.
async fn tried(host: &str, port: u16, authority: Option<&str>) -> String {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("app-config.yaml"), config(format!("{host}:{port}"), BY_NAME, "", "").replace("http://", "https://")).unwrap();
    let mut command = Command::new(binary());
    command.current_dir(directory.path()).args(["try", "--header", "x-forwarded-user: alice"]).env_clear();
    command.env("APP_CONFIG_stagedoor_stateDir", format!("\"{}\"", state_directory().display()));
    if let Some(authority) = authority {
        fs::write(directory.path().join("authority.pem"), authority).unwrap();
        command.env("SSL_CERT_FILE", directory.path().join("authority.pem"));
    }
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_catalog_with_a_trusted_certificate_is_asked() {
    let (address, authority) = serve_alice().await;
    let trusted = tried("localhost", address.port(), Some(&authority)).await;
    assert!(trusted.contains("signed in  user:default/alice"), "{trusted}");
    for (host, authority) in [("localhost", None), ("127.0.0.1", Some(authority.as_str()))] {
        let refused = tried(host, address.port(), authority).await;
        assert!(refused.contains("refused    503") && refused.contains("because    no connection: "), "{host}: {refused}");
        assert!(refused.to_lowercase().contains("certificate"), "{host}: {refused}");
    }
}
