//! `stagedoor.credentials`: what requests of components may bear without the component seeing it, each bound to its own destinations.
//!
//! What no header can carry, and what would be sent unencrypted to fetch a token, is a fault here rather than a refusal later.

mod schema;

use std::collections::BTreeMap;

use http::HeaderName;

use super::grants::destinations;
use crate::{
    config::{Secret, field::Field},
    domain::{destination::Destination, id_token, outbound_url::OutboundUrl},
};

pub(in crate::config) use schema::CredentialsSchema;

const SOURCES: [&str; 3] = ["header", "clientCredentials", "requestHeader"];

/// Shorter secrets are guessed, and found in ordinary words where they are masked.
const LEAST: usize = 8;

/// Headers of the connection, and those that the host or a browser sets.
const TAKEN: [&str; 11] =
    ["host", "connection", "keep-alive", "te", "trailer", "upgrade", "transfer-encoding", "content-length", "content-type", "cookie", "set-cookie"];

/// Of the sensitive headers those that hold a token.
const WITH_TOKENS: [&str; 5] = ["authorization", "x-forwarded-access-token", "x-auth-request-access-token", "x-access-token", id_token::HEADER];

/// A credential.
#[derive(Debug, Clone)]
pub struct CredentialConfig {
    /// What is sent along.
    pub source: CredentialSource,
    /// Where it may be sent.
    pub destinations: Vec<Destination>,
}

/// Where a credential comes from.
#[derive(Debug, Clone)]
pub enum CredentialSource {
    /// A secret of the configuration in a header.
    Header {
        /// The name of the header.
        name: HeaderName,
        /// What stands before the secret.
        prefix: String,
        /// The secret.
        value: Secret,
    },
    /// A token that the host fetches.
    ClientCredentials(ClientCredentialsConfig),
    /// A token of the sign-in's own request, by the name of its header in lower case; sent as a bearer token.
    RequestHeader(String),
}

/// How a token is fetched by OAuth's client credentials.
#[derive(Debug, Clone)]
pub struct ClientCredentialsConfig {
    /// The token endpoint.
    pub token_url: OutboundUrl,
    /// Who we are there.
    pub client_id: String,
    /// How we prove it.
    pub client_secret: Secret,
    /// What the token is for.
    pub scope: Option<String>,
}

impl CredentialConfig {
    pub(super) fn read_all(field: &Field<'_>) -> BTreeMap<String, Self> {
        field.entries().into_iter().filter_map(|(name, field)| Some((name.to_owned(), Self::read(&field)?))).collect()
    }

    fn read(field: &Field<'_>) -> Option<Self> {
        field.only(&["header", "clientCredentials", "requestHeader", "destinations"]);
        let destinations = destinations(&field.key("destinations"));
        let source = source(field);
        let (source, destinations) = (source?, destinations?);
        for open in destinations.iter().filter(|destination| !destination.url().is_private()) {
            field.key("destinations").warning(&format!("{} is not encrypted: whoever is on the way reads the credential", open.url().place()));
        }
        Some(Self { source, destinations })
    }
}

fn source(field: &Field<'_>) -> Option<CredentialSource> {
    let set: Vec<_> = SOURCES.into_iter().filter(|key| field.key(key).is_set()).collect();
    let [key] = set[..] else {
        return if field.is_object() { field.error(format!("expected exactly one of {}, got {}", SOURCES.join(", "), set.len())) } else { None };
    };
    let place = field.key(key);
    match key {
        "header" => header(&place),
        "clientCredentials" => client_credentials(&place).map(CredentialSource::ClientCredentials),
        _ => request_header(&place),
    }
}

fn header(field: &Field<'_>) -> Option<CredentialSource> {
    const NAME: &str = "the name of a header that a credential can stand in, such as Authorization or X-Api-Key";
    field.only(&["name", "prefix", "value"]);
    let name = field.key("name");
    let read = name.required_string(NAME).and_then(|text| {
        let read = HeaderName::try_from(text).ok().filter(|name| !TAKEN.contains(&name.as_str()) && !name.as_str().starts_with("proxy-"));
        read.or_else(|| name.expected_shown(NAME))
    });
    let prefix = field.key("prefix");
    let prefix_text = if prefix.is_set() { prefix.string("what stands before the secret, such as 'Bearer '") } else { Some("") };
    let prefix_text = prefix_text.filter(|text| is_text(text) || prefix.expected_shown::<()>("visible ASCII characters and blanks").is_some());
    let value = secret(&field.key("value"));
    Some(CredentialSource::Header { name: read?, prefix: prefix_text?.to_owned(), value: value? })
}

/// A secret as a header can carry it. A file's last line break is gone already.
fn secret(field: &Field<'_>) -> Option<Secret> {
    let text = field.required_string("a secret, best as { $file: ./secret }")?;
    if text.trim() != text || !is_text(text) {
        return field.error("holds something else than visible ASCII characters, or a blank at its edge, which no header can carry");
    }
    if text.len() < LEAST {
        return field.error(format!("a secret has at least {LEAST} characters"));
    }
    Some(Secret::new(text))
}

fn client_credentials(field: &Field<'_>) -> Option<ClientCredentialsConfig> {
    field.only(&["tokenUrl", "clientId", "clientSecret", "scope"]);
    let token_url = token_url(&field.key("tokenUrl"));
    let client_id = field.key("clientId").required_string("the id of the client").map(str::to_owned);
    let client_secret = secret(&field.key("clientSecret"));
    let scope = field.key("scope").string("scopes with a blank between them").map(str::to_owned);
    Some(ClientCredentialsConfig { token_url: token_url?, client_id: client_id?, client_secret: client_secret?, scope })
}

fn token_url(field: &Field<'_>) -> Option<OutboundUrl> {
    let text = field.required_string("the URL of the token endpoint")?;
    // It passes the same rules as a destination.
    let checked = Destination::new(text, vec!["POST".into()]).map_err(|error| field.error::<()>(error.to_string())).ok()?;
    if !checked.url().is_private() {
        return field.error("is not encrypted, and the secret of the client is sent there: write https, or a host of this machine");
    }
    Some(checked.url().clone())
}

fn request_header(field: &Field<'_>) -> Option<CredentialSource> {
    let name = field.string("the name of a header")?.to_ascii_lowercase();
    if WITH_TOKENS.contains(&name.as_str()) {
        return Some(CredentialSource::RequestHeader(name));
    }
    field.error(format!("{name:?} is no header with a token; those are {}", WITH_TOKENS.join(", ")))
}

fn is_text(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
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
        let CredentialSource::Header { name, prefix, value } = one("header: { name: Authorization, prefix: 'Bearer ', value: hunter2-hunter2 }")
        else {
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
            (
                "clientCredentials: { tokenUrl: http://x/, clientId: a, clientSecret: hunter2-hunter2 }",
                "clientCredentials.tokenUrl: is not encrypted",
            ),
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
            ("stagedoor: { credentials: { x: secret } }".into(), "x: expected an object of keys"),
        ] {
            let found = faults(&text);
            assert!(found.starts_with(&format!("app-config.yaml: stagedoor.credentials.{fault}")), "{found}");
        }
    }

    #[test]
    fn an_open_way_is_a_warning() {
        let text =
            "stagedoor: { credentials: { x: { requestHeader: authorization, destinations: [{ url: http://inner.example/, methods: GET }] } } }";
        let warnings = loaded(text).warnings.join("\n");
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
}
