//! PostgreSQL over TLS: whom we believe, and who believes us.

use stagedoor_tests::{App, npm, postgres::Postgres};
use tempfile::TempDir;

use crate::{alice, app, config};

/// An authority, and certificates of it for the server and for us; made by the real openssl.
fn certificates() -> Result<TempDir, String> {
    let directory = TempDir::new().map_err(|error| error.to_string())?;
    let script = "set -e\n\
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=authority\n\
        for who in server backstage; do\n\
          openssl req -newkey rsa:2048 -nodes -keyout $who.key -out $who.csr -subj /CN=$who\n\
          printf 'subjectAltName=DNS:localhost\\n' > extensions\n\
          openssl x509 -req -in $who.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out $who.crt\n\
        done";
    npm::succeeded(std::process::Command::new("sh").args(["-c", script]).current_dir(directory.path()), "openssl")?;
    Ok(directory)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_is_believed_only_with_a_certificate_of_somebody_we_believe() {
    const WHAT: &str = "PostgreSQL over TLS";
    let Some(made) = npm::or_skipped(certificates(), WHAT) else { return };
    let text = |name: &str| std::fs::read_to_string(made.path().join(name)).unwrap();
    let (server, key, ca) = (text("server.crt"), text("server.key"), text("ca.crt"));
    let settings = [
        "ssl=on",
        "ssl_cert_file={directory}/server.crt",
        "ssl_key_file={directory}/server.key",
        "ssl_ca_file={directory}/ca.crt",
        "hba_file={directory}/hba",
    ];
    let hba = "hostssl all all all trust clientcert=verify-full\n";
    let files = [("server.crt", server.as_str()), ("server.key", &key), ("ca.crt", &ca), ("hba", hba)];
    let Some(postgres) = Postgres::start_with(&files, &settings, WHAT) else { return };
    let at =
        |host: &str, ssl: String| format!("{{ client: pg, connection: {{ host: {host}, port: {}, user: backstage, ssl: {ssl} }} }}", postgres.port);
    let given = serde_json::json!({ "ca": ca, "cert": text("backstage.crt"), "key": text("backstage.key") });
    let anybody = serde_json::json!({ "rejectUnauthorized": false, "cert": given["cert"], "key": given["key"] }).to_string();
    let nobody = serde_json::json!({ "ca": ca }).to_string();
    let given = given.to_string();

    alice(&app(&at("localhost", given.clone())).await).await;
    alice(&app(&at("127.0.0.1", anybody)).await).await;
    let fault = async |database: String| App::try_start(&config(&database)).await.err().expect("it does not start").to_string();
    let unknown = fault(at("localhost", "true".to_owned())).await;
    assert!(unknown.contains("UnknownIssuer"), "{unknown}");
    let unproved = fault(at("localhost", nobody)).await;
    assert!(unproved.contains("connection requires a valid client certificate"), "{unproved}");
    let plain = fault(at("localhost", "false".to_owned())).await;
    assert!(plain.contains("no encryption"), "{plain}");
    let other_name = fault(at("127.0.0.1", given)).await;
    assert!(other_name.contains("NotValidForName") || other_name.contains("not valid for name"), "{other_name}");
}
