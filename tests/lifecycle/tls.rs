//! `backend.https`: sign-ins over TLS, in HTTP/1.1 and HTTP/2, with the certificate that was configured or one made at start.

use std::{io, net::Ipv4Addr, sync::Arc};

use bytes::Bytes;
use http::Request;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs},
};

use stagedoor_tests::{
    door::{Door, PATIENCE, Settings},
    wire::{Answer, request},
};

use crate::REFRESH;

const CONFIG: &str = "backend: { https: { certificate: { cert: { $file: tls.crt }, key: { $file: tls.key } } } }";

/// A certificate for localhost with its key, in PEM, and as clients trust it.
fn certificate(change: impl FnOnce(&mut CertificateParams)) -> (String, String, CertificateDer<'static>) {
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem(), certificate.der().clone())
}

async fn connect(port: u16, trusted: &CertificateDer<'static>, alpn: &[u8]) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider())).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// Waits until the port speaks TLS and the server is ready.
async fn ready(settings: &Settings<'_>, trusted: &CertificateDer<'static>) -> Door {
    let door = Door::spawn(settings, |directory| {
        std::fs::write(
            directory.join("org.yaml"),
            "kind: User\napiVersion: backstage.io/v1alpha1\nmetadata: { name: alice }\nspec: { memberOf: [] }\n",
        )
        .unwrap();
    });
    let begun = std::time::Instant::now();
    while !matches!(over_http_1(door.port(), trusted).await, Ok(answer) if answer.status == 200) {
        assert!(begun.elapsed() < PATIENCE, "{}", door.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(refuses_plain_http(&door));
    door
}

/// Whether plain HTTP gets no answer here.
fn refuses_plain_http(door: &Door) -> bool {
    stagedoor_tests::wire::get(&door.place, REFRESH, &[("x-forwarded-user", "alice")]).is_err()
}

async fn over_http_1(port: u16, trusted: &CertificateDer<'static>) -> io::Result<Answer> {
    let mut stream = connect(port, trusted, b"http/1.1").await?;
    stream.write_all(request(REFRESH, &[("x-forwarded-user", "alice"), ("connection", "close")]).as_bytes()).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    Answer::parse(&bytes)
}

#[tokio::test]
async fn people_sign_in_over_tls_in_http_1_and_2() {
    let (cert, key, trusted) = certificate(|_| {});
    let files = [("tls.crt", cert.as_str()), ("tls.key", key.as_str())];
    let door = ready(&Settings { config: CONFIG, files: &files, ..Settings::default() }, &trusted).await;
    assert!(over_http_1(door.port(), &trusted).await.unwrap().is_alice());

    let stream = connect(door.port(), &trusted, b"h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get(format!("https://localhost{REFRESH}")).header("x-forwarded-user", "alice").body(()).unwrap();
    let (answer, _) = client.send_request(request, true).unwrap();
    let mut answer = answer.await.unwrap();
    let body: Bytes = answer.body_mut().data().await.unwrap().unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    assert!(String::from_utf8_lossy(&body).contains("user:default/alice"));

    let log = door.log();
    assert!(log.contains(&format!("listening on https://127.0.0.1:{}", door.port())), "{log}");
    assert!(log.contains(&format!("curl -H 'x-forwarded-user: alice' https://127.0.0.1:{}", door.port())), "{log}");
}

#[tokio::test]
async fn a_certificate_of_its_own_serves_for_development() {
    let door = Door::spawn(&Settings { config: "backend: { https: true }", ..Settings::default() }, |directory| {
        std::fs::write(directory.join("org.yaml"), "kind: Group\napiVersion: backstage.io/v1alpha1\nmetadata: { name: x }\nspec: { type: team }\n")
            .unwrap();
    });
    let begun = std::time::Instant::now();
    while !door.log().contains("curl -k -H") {
        assert!(begun.elapsed() < PATIENCE, "{}", door.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let (_, _, stranger) = certificate(|_| {});
    let refused = connect(door.port(), &stranger, b"http/1.1").await.unwrap_err();
    assert!(refused.to_string().contains("certificate"), "it speaks TLS, with a certificate that nobody knows: {refused}");
    assert!(refuses_plain_http(&door));
}

#[tokio::test]
async fn an_expired_certificate_is_told_at_start() {
    let (cert, key, _) = certificate(|params| params.not_after = date_time_ymd(2020, 1, 1));
    let files = [("tls.crt", cert.as_str()), ("tls.key", key.as_str())];
    let door = Door::spawn(&Settings { config: CONFIG, files: &files, ..Settings::default() }, |directory| {
        std::fs::write(directory.join("org.yaml"), "").unwrap();
    });
    let begun = std::time::Instant::now();
    while !door.log().contains("the certificate has expired") {
        assert!(begun.elapsed() < PATIENCE, "{}", door.log());
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[test]
fn what_does_not_fit_ends_the_start_with_78_before_the_port_opens() {
    let ((cert, key, _), (_, other, _)) = (certificate(|_| {}), certificate(|_| {}));
    for (cert, key, path, why) in [
        ("no certificate", key.as_str(), "backend.https.certificate.cert", "expected a certificate in PEM"),
        (cert.as_str(), "no key", "backend.https.certificate.key", "expected a private key in PEM"),
        (cert.as_str(), other.as_str(), "backend.https.certificate", "does not belong to the certificate"),
    ] {
        let files = [("tls.crt", cert), ("tls.key", key)];
        let mut door = Door::spawn(&Settings { config: CONFIG, files: &files, ..Settings::default() }, |_| {});
        assert_eq!(door.ended(), Some(78));
        let log = door.log();
        assert!(log.contains(&format!("error: app-config.yaml: {path}: ")) && log.contains(why), "{log}");
        assert!(!log.contains("PRIVATE KEY-----\nM"), "{log}");
    }
}
