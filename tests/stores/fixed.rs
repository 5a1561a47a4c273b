//! Keys of the operator's own making.

use std::{fs, path::Path};

use stagedoor_tests::{App, npm};
use tempfile::TempDir;

use crate::{KEYS, SERVICE_KEYS, alice, config, kid, knows_alice};

/// Pairs made by the real openssl: a signing one and a former one.
fn pairs(directory: &Path) -> Result<(), String> {
    let openssl =
        |arguments: &str| npm::succeeded(std::process::Command::new("openssl").args(arguments.split(' ')).current_dir(directory), "openssl");
    openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out new.pem")?;
    openssl("pkey -in new.pem -pubout -out new-public.pem")?;
    openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out old.pem")?;
    openssl("pkey -in old.pem -pubout -out old-public.pem")?;
    openssl("ec -in new.pem -out sec1.pem")
}

fn with_keys(directory: &Path, private: &str) -> String {
    let file = |name: &str| directory.join(name).display().to_string();
    let keys = |private: &str| {
        format!(
            "[{{ publicKeyFile: {:?}, privateKeyFile: {:?}, keyId: new }}, {{ publicKeyFile: {:?}, privateKeyFile: {:?}, keyId: old, algorithm: RS256 }}]",
            file("new-public.pem"),
            file(private),
            file("old-public.pem"),
            file("old.pem")
        )
    };
    config("{ client: better-sqlite3, connection: ':memory:' }")
        .replace("backend:\n", &format!("backend:\n  auth: {{ pluginKeyStore: {{ type: static, static: {{ keys: {} }} }} }}\n", keys("new.pem")))
        .replace("auth: { providers", &format!("auth: {{ keyStore: {{ provider: static, static: {{ keys: {} }} }}, providers", keys(private)))
}

#[tokio::test]
async fn the_first_key_signs_for_every_replica_and_all_are_published() {
    let directory = TempDir::new().unwrap();
    if npm::or_skipped(pairs(directory.path()), "fixed keys").is_none() {
        return;
    }
    let config = with_keys(directory.path(), "new.pem");
    let (one, other) = (App::start(&config).await, App::start(&config).await);
    let token = alice(&one).await;
    assert_eq!(kid(&token), "new");
    alice(&other).await;
    assert!(knows_alice(&other, &token).await);
    let set = other.get(KEYS, &[]).await.text;
    assert!(
        set.starts_with(r#"{"keys":[{"kty":"EC","x":""#) && set.contains(r#""kid":"new","alg":"ES256","use":"sig"},{"kty":"RSA","n":""#),
        "{set}"
    );
    assert!(set.ends_with(r#""kid":"old","alg":"RS256","use":"sig"}]}"#), "{set}");
    let service = one.get(SERVICE_KEYS, &[]).await.text;
    assert!(service.ends_with(r#""kid":"old","alg":"RS256"}]}"#), "Backstage has no use here: {service}");
    assert_eq!(kid(&one.wired.service_tokens.token("catalog").await.unwrap()), "new");
}

#[tokio::test]
async fn files_that_cannot_be_used_end_the_start() {
    let directory = TempDir::new().unwrap();
    if npm::or_skipped(pairs(directory.path()), "fixed keys").is_none() {
        return;
    }
    let fault = async |private: &str| App::try_start(&with_keys(directory.path(), private)).await.err().unwrap().to_string();
    let sec1 = fault("sec1.pem").await;
    assert!(
        sec1.contains("auth.keyStore.static.keys[0]: privateKeyFile: this is SEC1 (EC PRIVATE KEY), not PKCS #8; openssl pkcs8 -topk8"),
        "{sec1}"
    );
    assert!(fault("missing.pem").await.contains("missing.pem cannot be read"));
    assert!(fault("old.pem").await.contains("expected a PEM file with a PRIVATE KEY"));
    fs::copy(directory.path().join("old-public.pem"), directory.path().join("public.pem")).unwrap();
    assert!(fault("public.pem").await.contains("privateKeyFile: expected a PEM file with a PRIVATE KEY"));
}
