//! A key in a PEM file: checked at the start, and the one that signs whatever a token calls it.

use std::fs;

use serde_json::{Value, json};
use stagedoor::serve::StartError;
use stagedoor_tests::{guests::Door, issuer::Key};
use tempfile::TempDir;

use super::{ALICE, EC, HEADER, ISSUER, RSA, assert_invalid, bearer, chain, claims, sign_in, told};

fn token(directory: &TempDir, text: &str, algorithms: &[&str]) -> Value {
    let path = directory.path().join("key.pem");
    fs::write(&path, text).unwrap();
    json!({ "header": HEADER, "issuer": ISSUER, "audience": "portal", "publicKeyFile": path, "algorithms": algorithms, "expiry": "required" })
}

#[tokio::test]
async fn the_key_of_the_file_signs_whatever_its_name() {
    let directory = tempfile::tempdir().unwrap();
    for algorithm in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let key = if algorithm.ends_with("S256") { if algorithm == "ES256" { &*EC } else { &*RSA } } else { &Key::new("k", algorithm) };
        let app = chain(&token(&directory, &key.pem(), &[algorithm])).start().await;
        let claims = claims(&app);
        let text = claims.to_string();
        for header in [json!({ "alg": algorithm }), json!({ "alg": algorithm, "kid": "any" })] {
            assert!(told(&sign_in(&app, &key.sign(&header.to_string(), &text, algorithm)).await).is_some(), "{header}");
        }
        let door = Door::of(&app).await;
        for (what, wrong, why) in [
            ("another key", Key::new("k", algorithm).token(&claims, algorithm), "its signature is wrong"),
            ("its text as a secret", stagedoor_tests::issuer::hs256(r#"{"alg":"HS256"}"#, &text, key.pem().as_bytes()), "its algorithm is none of"),
        ] {
            let (_, record) = door.sign_in(&[ALICE, (HEADER, &bearer(&wrong))]).await;
            assert_invalid(&sign_in(&app, &wrong).await, &record, why, what);
        }
    }
}

#[tokio::test]
async fn a_key_is_not_for_algorithms_of_other_kinds() {
    let directory = tempfile::tempdir().unwrap();
    let app = chain(&token(&directory, &RSA.pem(), &["RS256", "ES256"])).start().await;
    let wrong = EC.token(&claims(&app), "ES256");
    let (_, record) = Door::of(&app).await.sign_in(&[ALICE, (HEADER, &bearer(&wrong))]).await;
    assert_invalid(&sign_in(&app, &wrong).await, &record, "the key that it names is not for its algorithm", "ES256");
}

#[tokio::test]
async fn a_file_that_holds_no_such_key_ends_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let private = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n";
    // RSA of 1024 bits, and a point on secp256k1.
    let short = "-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCqGKukO1De7zhZj6+H0qtjTkVxwTCpvKe4eCZ0FPqri0cb2JZfXJ/DgYSF6vUp\nwmJG8wVQZKjeGcjDOL5UlsuusFncCzWBQ7RKNUSesmQRMSGkVb1/3j+skZ6UtW+5u09lHNsj6tQ51s1SPrCBkedbNf0Tp0GbMJDy\nR4e9T04ZZwIDAQAB\n-----END PUBLIC KEY-----\n";
    let other = "-----BEGIN PUBLIC KEY-----\nMFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEeb5mfvncu6xVoGKVzocLBwKb/NstzijZWfKBWxb4F5hIOtp3JqPEZV2k+/wOEQio/Re0\nSKaFVBmcR9CP+xDUuA==\n-----END PUBLIC KEY-----\n";
    for (text, why) in [
        ("nonsense", "expected a PEM file with a PUBLIC KEY"),
        (private, "expected a PEM file with a PUBLIC KEY"),
        (&format!("{private}{}", RSA.pem()), "expected a PEM file with a PUBLIC KEY"),
        (short, "an RSA key has at least 2048 bits"),
        (other, "expected a PEM file with a PUBLIC KEY"),
        (&EC.pem(), "this key is for ES256, none of which is in `algorithms`"),
    ] {
        let refusal = chain(&token(&directory, text, &["RS256"])).refusal().await;
        let said = refusal.to_string();
        assert!(matches!(refusal, StartError::Config(_)), "{said}");
        assert!(said.starts_with("app-config.yaml: stagedoor.tokens.id.publicKeyFile: ") && said.contains(why), "{said}");
    }
    let missing = json!({ "issuer": ISSUER, "audience": "portal", "publicKeyFile": "./missing.pem", "expiry": "required" });
    let said = chain(&missing).refusal().await.to_string();
    assert!(said.starts_with("app-config.yaml: stagedoor.tokens.id.publicKeyFile: ") && said.contains("missing.pem cannot be read: "), "{said}");
}
