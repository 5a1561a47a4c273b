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

#[cfg(test)]
mod tests {
    use rcgen::{RsaKeySize, date_time_ymd};

    use super::*;

    const NOW: Duration = Duration::from_hours(500_000);

    fn certificate(key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> String {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        change(&mut params);
        params.self_signed(key).unwrap().pem()
    }

    /// The key inside PKCS#8, which is what SEC1 and PKCS#1 hold.
    fn inner(key: &KeyPair, label: &str) -> String {
        let der = key.serialize_der();
        let at = (0..der.len()).rev().find(|at| {
            // The octet string that goes on to the end.
            let length = |bytes: &[u8]| bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
            der[*at] == 4
                && match &der[at + 1..] {
                    [short, rest @ ..] if *short < 0x80 => usize::from(*short) == rest.len(),
                    [0x82, rest @ ..] if rest.len() > 2 => length(&rest[..2]) == rest.len() - 2,
                    _ => false,
                }
                && der[at + 1..].iter().position(|byte| *byte == 0x30).is_some_and(|header| header <= 3)
        });
        let at = at.unwrap();
        let content = &der[at + 1 + der[at + 1..].iter().position(|byte| *byte == 0x30).unwrap()..];
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", base64::Engine::encode(&base64::engine::general_purpose::STANDARD, content))
    }

    #[test]
    fn keys_of_all_three_kinds_do() {
        let ec = KeyPair::generate().unwrap();
        let rsa = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        for (key, pem) in
            [(&ec, ec.serialize_pem()), (&ec, inner(&ec, "EC PRIVATE KEY")), (&rsa, rsa.serialize_pem()), (&rsa, inner(&rsa, "RSA PRIVATE KEY"))]
        {
            let tls = of_pem(&certificate(key, |_| {}), &pem, NOW).map_err(|error| format!("{error}: {}", pem.lines().next().unwrap())).unwrap();
            assert_eq!(tls.warning, None);
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_the_key() {
        let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let good = certificate(&key, |_| {});
        let nonsense = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
        let error = |cert: &str, key: &str| of_pem(cert, key, NOW).err().unwrap().to_string();
        for cert in ["", "text", &key.serialize_pem(), &nonsense("CERTIFICATE")] {
            assert!(error(cert, &key.serialize_pem()).starts_with("expected a certificate in PEM"), "{cert}");
        }
        for key in ["", "text", &good, &nonsense("PRIVATE KEY"), &nonsense("ENCRYPTED PRIVATE KEY")] {
            let error = error(&good, key);
            assert!(error.starts_with("expected a private key in PEM") && !error.contains("AAAA"), "{error}");
        }
        assert!(error(&good, &other.serialize_pem()).starts_with("the private key does not belong to the certificate"));
    }

    #[test]
    fn a_certificate_out_of_its_time_is_told() {
        let key = KeyPair::generate().unwrap();
        let warning = |change: fn(&mut CertificateParams)| of_pem(&certificate(&key, change), &key.serialize_pem(), NOW).unwrap().warning;
        assert!(warning(|params| params.not_after = date_time_ymd(2020, 1, 1)).unwrap().contains("has expired"));
        assert!(warning(|params| params.not_before = date_time_ymd(2100, 1, 1)).unwrap().contains("not valid yet"));
        assert_eq!(warning(|params| params.not_after = date_time_ymd(2100, 1, 1)), None);
        assert_eq!(warning(|params| params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained)), None);
    }

    #[test]
    fn a_certificate_is_made_for_any_host() {
        for host in ["localhost", "backstage.example.org", "127.0.0.1", "[::1]", "10.1.2.3", "[2001:db8::1]", "exämple.org"] {
            assert!(self_signed(host).is_ok(), "{host}");
        }
    }
}
