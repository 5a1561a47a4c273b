//! The app-config of each suite, the same for the real Backstage and for stagedoor: a common one, and what a suite changes in it.

use serde_json::{Value, json};

/// The origin that is configured, wherever the server listens.
pub(crate) const ORIGIN: &str = "http://127.0.0.1:7007";

/// The app-config of a suite; `changes` are its own.
pub(crate) fn config(suite: &str, changes: &Value) -> String {
    let entities = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/entities.yaml");
    let mut config = json!({
        "app": { "title": "ref", "baseUrl": "http://localhost:3000" },
        "organization": { "name": "ref" },
        "backend": {
            "baseUrl": ORIGIN,
            "listen": { "host": "127.0.0.1", "port": 7007 },
            "cors": { "origin": "http://localhost:3000", "methods": ["GET", "HEAD", "PATCH", "POST", "PUT", "DELETE"], "credentials": true },
            "csp": { "connect-src": ["'self'", "http:", "https:"] },
            "database": { "client": "better-sqlite3", "connection": ":memory:" },
        },
        "auth": { "environment": "development", "providers": { "oauth2Proxy": { "signIn": { "resolvers": [resolver(suite)] } } } },
        "catalog": { "rules": [{ "allow": ["User", "Group"] }], "locations": [{ "type": "file", "target": entities }] },
    });
    if suite == "claims" {
        let tokens = json!({
            "omitIdentityTokenOwnershipClaim": false,
            "identityTokenAlgorithm": "RS256",
            "backstageTokenExpiration": { "minutes": 15 },
            "keyStore": { "provider": "memory" },
        });
        merge(&mut config["auth"], &tokens);
    }
    merge(&mut config, changes);
    config.to_string()
}

/// The resolver of the reference's variant.
fn resolver(suite: &str) -> Value {
    match suite {
        "username" => json!({ "resolver": "forwardedPreferredUsernameMatchingUserEntityName" }),
        "email" => json!({ "resolver": "emailMatchingUserEntityProfileEmail" }),
        "localpart" => json!({ "resolver": "emailLocalPartMatchingUserEntityName", "allowedDomains": ["example.com"] }),
        "dangerous" => json!({ "resolver": "forwardedUserMatchingUserEntityName", "dangerouslyAllowSignInWithoutUserInCatalog": true }),
        _ => json!({ "resolver": "forwardedUserMatchingUserEntityName" }),
    }
}

/// As Backstage merges files: objects deep, all else replaced, `null` removes.
fn merge(into: &mut Value, changes: &Value) {
    let (Some(into), Some(changes)) = (into.as_object_mut(), changes.as_object()) else { return };
    for (key, change) in changes {
        match (into.get_mut(key), change) {
            (_, Value::Null) => drop(into.remove(key)),
            (Some(there), Value::Object(_)) if there.is_object() => merge(there, change),
            _ => drop(into.insert(key.clone(), change.clone())),
        }
    }
}
