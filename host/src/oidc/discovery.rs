//! The discovery document of an issuer (`OpenID` Connect Discovery 1.0, 3), of which two members count: whose it is, and where the keys are.

use serde::Deserialize;

use crate::domain::key_url::KeyUrl;

/// What counts of it.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

/// Where the keys are, by a document that was fetched from this place: it must be one of these issuers', with or without a slash at the end.
pub(super) fn key_set_url(body: &[u8], from: &KeyUrl, issuers: &[String]) -> Result<KeyUrl, String> {
    let document: Document = serde_json::from_slice(body).map_err(|_| "the discovery document is none: it has no issuer or no jwks_uri")?;
    if !issuers.iter().any(|issuer| bare(issuer) == bare(&document.issuer)) {
        return Err("the discovery document is that of another issuer".into());
    }
    let url = KeyUrl::parse(&document.jwks_uri).map_err(|invalid| format!("jwks_uri of the discovery document: {invalid}"))?;
    // Requests of this machine may speak for users, so nobody elsewhere says where one goes to.
    if url.is_loopback() && !from.is_loopback() {
        return Err("jwks_uri of the discovery document leads to this machine".into());
    }
    Ok(url)
}

fn bare(issuer: &str) -> &str {
    issuer.strip_suffix('/').unwrap_or(issuer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(body: &str, from: &str) -> Result<String, String> {
        let issuers = ["https://idp.example/realms/corp".to_owned(), "https://other.example/".to_owned()];
        key_set_url(body.as_bytes(), &KeyUrl::parse(from).unwrap(), &issuers).map(|url| url.to_string())
    }

    #[test]
    fn the_issuer_is_the_configured_one_but_for_one_slash() {
        let document = |issuer: &str| format!(r#"{{"issuer":"{issuer}","jwks_uri":"https://keys.example/k","other":[1]}}"#);
        for issuer in ["https://idp.example/realms/corp", "https://idp.example/realms/corp/", "https://other.example", "https://other.example/"] {
            assert_eq!(keys(&document(issuer), "https://idp.example/d").as_deref(), Ok("https://keys.example/k"), "{issuer}");
        }
        for issuer in
            ["https://idp.example/realms/corp//", "https://idp.example/realms/Corp", "https://idp.example", "", "https://idp.example/{tenant}"]
        {
            assert!(keys(&document(issuer), "https://idp.example/d").unwrap_err().contains("another issuer"), "{issuer}");
        }
    }

    #[test]
    fn the_keys_are_not_fetched_from_anywhere() {
        let document = |uri: &str| format!(r#"{{"issuer":"https://other.example/","jwks_uri":"{uri}"}}"#);
        for (uri, why) in [
            ("http://keys.example/k", "write https"),
            ("file:///etc/passwd", "expected an https URL"),
            ("https://user:password@keys.example/k", "expected an https URL"),
            ("http://127.0.0.1:7107/k", "leads to this machine"),
            ("https://localhost/k", "leads to this machine"),
        ] {
            let refused = keys(&document(uri), "https://idp.example/d").unwrap_err();
            assert!(refused.contains(why) && !refused.contains("password"), "{refused}");
        }
        assert!(keys(&document("http://127.0.0.1:1/k"), "http://127.0.0.1:2/d").is_ok(), "a test of the operator's own");
        for body in ["", "[]", "{}", r#"{"issuer":"https://other.example/","issuer":"x","jwks_uri":"https://keys.example/k"}"#] {
            assert!(keys(body, "https://idp.example/d").is_err(), "{body}");
        }
    }
}
