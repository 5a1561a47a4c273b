//! `stagedoor.credentials`: what requests of components may bear without the component seeing it, each bound to its own destinations.
//!
//! What no header can carry, and what would be sent unencrypted to fetch a token, is a fault here rather than a refusal later.

mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use http::HeaderName;

use super::{components::NAME, grants::destinations};
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
        field.entries().into_iter().filter_map(|(name, field)| Some((name.to_owned(), Self::read(name, &field)?))).collect()
    }

    fn read(name: &str, field: &Field<'_>) -> Option<Self> {
        if !NAME.is_match(name) {
            field.error::<()>("a name consists of letters and digits, starts with a letter, and may hold single - _ : between them");
        }
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
