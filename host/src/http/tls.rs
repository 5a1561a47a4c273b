//! TLS of the listener: 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN. What is wrong with a certificate or its key is found at start.

use std::{net::IpAddr, sync::Arc, time::Duration};

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{self, ServerConfig, crypto::aws_lc_rs},
};
use webpki::{EndEntityCert, KeyUsage};

const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The text is no certificate.
    #[error("expected a certificate in PEM (-----BEGIN CERTIFICATE-----), the server's own first: {0}")]
    Certificate(String),
    /// The text is no key.
    #[error(
        "expected a private key in PEM (PKCS#8, SEC1 or PKCS#1), not encrypted: {0}; `openssl pkcs8 -topk8 -nodes -in key.pem` makes one of most others"
    )]
    Key(String),
    /// Key and certificate do not belong together.
    #[error("the private key does not belong to the certificate: {0}")]
    Pair(rustls::Error),
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    SelfSigned(rcgen::Error),
}

/// A certificate that works, and what is odd about it.
pub struct Tls {
    /// Takes connections.
    pub acceptor: TlsAcceptor,
    /// Why clients may refuse it all the same.
    pub warning: Option<&'static str>,
}

/// With this chain and key, both PEM texts, at this time since the Unix epoch.
pub fn of_pem(cert: &str, key: &str, now: Duration) -> Result<Tls, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(cert.as_bytes()).collect();
    let chain = chain.map_err(|error| TlsError::Certificate(error.to_string()))?;
    let Some(own) = chain.first() else { return Err(TlsError::Certificate("there is none in the text".into())) };
    let warning = validity(own, now)?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| TlsError::Key(error.to_string()))?;
    // Which of the two is wrong shows only here: a key of an unknown kind has no certificate that fits it.
    let key_alone = aws_lc_rs::default_provider().key_provider.load_private_key(key.clone_key());
    key_alone.map_err(|error| TlsError::Key(error.to_string()))?;
    Ok(Tls { acceptor: acceptor(chain, key)?, warning })
}

/// With a certificate made now, for this host and for this machine.
pub fn self_signed(host: &str) -> Result<Tls, TlsError> {
    let mut names: Vec<_> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_name = host.parse::<IpAddr>().is_ok() || host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if is_name && !names.iter().any(|name| name == host) {
        names.push(host.to_owned());
    }
    let mut params = CertificateParams::new(names).map_err(TlsError::SelfSigned)?;
    params.distinguished_name.push(DnType::CommonName, "stagedoor, self-signed");
    let key = KeyPair::generate().map_err(TlsError::SelfSigned)?;
    let certificate = params.self_signed(&key).map_err(TlsError::SelfSigned)?;
    let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|error| TlsError::Key(error.to_owned()))?;
    Ok(Tls { acceptor: acceptor(vec![certificate.der().clone()], key)?, warning: None })
}

fn acceptor(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<TlsAcceptor, TlsError> {
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider())).with_safe_default_protocol_versions();
    let mut config = builder.and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key)).map_err(TlsError::Pair)?;
    config.alpn_protocols = ALPN.map(<[u8]>::to_vec).into();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Whether the certificate is one at all, and valid at this time. Whom it was issued by is for the clients to judge.
fn validity(certificate: &CertificateDer<'_>, now: Duration) -> Result<Option<&'static str>, TlsError> {
    let parsed = EndEntityCert::try_from(certificate).map_err(|error| TlsError::Certificate(error.to_string()))?;
    let usage = KeyUsage::server_auth();
    match parsed.verify_for_usage(&[], &[], &[], UnixTime::since_unix_epoch(now), usage, None, None) {
        Err(webpki::Error::CertExpired { .. }) => Ok(Some("the certificate has expired: clients will refuse it")),
        Err(webpki::Error::CertNotValidYet { .. }) => Ok(Some("the certificate is not valid yet: clients will refuse it")),
        _ => Ok(None),
    }
}
