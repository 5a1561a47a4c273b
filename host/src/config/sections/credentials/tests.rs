//! What is a credential, and what is refused without being shown.

use super::*;
use crate::config::testing::{faults, load_with, loaded};
use crate::domain::headers;

const PLACES: &str = "destinations: [{ url: https://api.example.com/, methods: [GET] }]";

fn one(text: &str) -> CredentialSource {
    loaded(&text_of(text)).stagedoor.credentials["x"].source.clone()
}

fn text_of(source: &str) -> String {
    format!("stagedoor: {{ credentials: {{ x: {{ {source}, {PLACES} }} }} }}")
}

#[test]
fn each_source_is_read() {
    let CredentialSource::Header { name, prefix, value } = one("header: { name: Authorization, prefix: 'Bearer ', value: hunter2-hunter2 }") else {
        panic!()
    };
    assert_eq!((name.as_str(), prefix.as_str(), value.expose()), ("authorization", "Bearer ", "hunter2-hunter2"));
    let CredentialSource::RequestHeader(name) = one("requestHeader: X-Forwarded-Access-Token") else { panic!() };
    assert_eq!(name, "x-forwarded-access-token");
    let client = "clientCredentials: { tokenUrl: https://login.example.com/token, clientId: me, clientSecret: hunter2-hunter2, scope: a b }";
    let CredentialSource::ClientCredentials(client) = one(client) else { panic!() };
    assert_eq!((client.token_url.to_string().as_str(), client.scope.as_deref()), ("https://login.example.com/token", Some("a b")));
    assert!(loaded("{}").stagedoor.credentials.is_empty());
}

#[test]
fn a_secret_in_a_file_loses_its_last_line_break_and_is_not_shown() {
    let text = text_of("header: { name: X-Api-Key, value: { $file: ./secret } }");
    let config = load_with(&text, &[("secret", "hunter2-hunter2\n")]).unwrap();
    let CredentialSource::Header { value, .. } = &config.stagedoor.credentials["x"].source else { panic!() };
    assert_eq!(value.expose(), "hunter2-hunter2");
    assert!(!format!("{:?}", config.stagedoor).contains("hunter2"));
}

#[test]
fn every_header_with_a_token_is_kept_from_resolvers() {
    assert!(WITH_TOKENS.iter().all(|name| headers::SENSITIVE.contains(name)));
}

#[test]
fn what_can_be_no_credential_is_refused() {
    for (text, fault) in [
        ("header: { name: Host, value: hunter2-hunter2 }", "header.name: expected the name of a header that a credential can stand in"),
        ("header: { name: proxy-authorization, value: hunter2-hunter2 }", "header.name: expected the name of a header that a credential can"),
        ("header: { name: 'a b', value: hunter2-hunter2 }", "header.name: expected the name of a header that a credential can stand in"),
        ("header: { value: hunter2-hunter2 }", "header.name: missing; expected the name of a header"),
        ("header: { name: X-Key }", "header.value: missing; expected a secret"),
        ("header: { name: X-Key, value: \"hunter2\\r\\nhunter2\" }", "header.value: holds something else than visible ASCII characters"),
        ("header: { name: X-Key, value: ' hunter2-hunter2' }", "header.value: holds something else than visible ASCII characters"),
        ("header: { name: X-Key, value: hunter2 }", "header.value: a secret has at least 8 characters"),
        ("header: { name: X-Key, value: hunter2-hunter2, prefix: \"a\\n\" }", "header.prefix: expected visible ASCII characters"),
        ("header: { name: X-Key, value: hunter2-hunter2, valueFile: x }", "header.valueFile: unknown key; the keys here are name, prefix, value"),
        ("requestHeader: cookie", "requestHeader: \"cookie\" is no header with a token; those are authorization, x-forwarded-access-token"),
        ("requestHeader: x-forwarded-user", "requestHeader: \"x-forwarded-user\" is no header with a token"),
        ("clientCredentials: { tokenUrl: http://x/, clientId: a, clientSecret: hunter2-hunter2 }", "clientCredentials.tokenUrl: is not encrypted"),
        ("clientCredentials: { tokenUrl: x, clientId: a, clientSecret: hunter2-hunter2 }", "clientCredentials.tokenUrl: the URL does not begin"),
        ("clientCredentials: { tokenUrl: https://x/, clientSecret: hunter2-hunter2 }", "clientCredentials.clientId: missing"),
    ] {
        let found = faults(&text_of(text));
        assert!(found.starts_with(&format!("app-config.yaml: stagedoor.credentials.x.{fault}")) && !found.contains("hunter2-"), "{found}");
    }
    for (text, fault) in [
        (
            format!("stagedoor: {{ credentials: {{ x: {{ {PLACES} }} }} }}"),
            "x: expected exactly one of header, clientCredentials, requestHeader, got 0",
        ),
        (text_of("requestHeader: authorization, header: { name: X, value: hunter2-hunter2 }"), "x: expected exactly one of header"),
        ("stagedoor: { credentials: { x: { requestHeader: authorization } } }".into(), "x.destinations: missing; each bound must be stated"),
        (format!("stagedoor: {{ credentials: {{ 'a b': {{ requestHeader: authorization, {PLACES} }} }} }}"), "a b: a name consists of letters"),
        ("stagedoor: { credentials: { x: secret } }".into(), "x: expected an object of keys"),
    ] {
        let found = faults(&text);
        assert!(found.starts_with(&format!("app-config.yaml: stagedoor.credentials.{fault}")), "{found}");
    }
}

#[test]
fn an_open_way_is_a_warning() {
    let text = "stagedoor: { credentials: { x: { requestHeader: authorization, destinations: [{ url: http://inner.example/, methods: GET }] } } }";
    let warnings = loaded(text).warnings.join("\n");
    assert!(warnings.contains("stagedoor.credentials.x: no component may name it"), "{warnings}");
    assert!(warnings.contains("stagedoor.credentials.x.destinations: http://inner.example:80 is not encrypted"), "{warnings}");
}

#[test]
fn a_grant_names_credentials_that_there_are() {
    let grant = "{ http-client: { destinations: { url: https://api.example.com/, methods: GET }, credentials: [x, y] } }";
    let text = format!(
        "stagedoor: {{ credentials: {{ x: {{ requestHeader: authorization, {PLACES} }} }}, components: {{ a: {{ source: a.wasm, grants: {grant} }} }} }}"
    );
    let found = faults(&text.replace("{ url: https://api.example.com/, methods: GET }", "[{ url: https://api.example.com/, methods: GET }]"));
    assert_eq!(found, "app-config.yaml: stagedoor.components.a.grants.http-client.credentials: there is no stagedoor.credentials.y");
}
