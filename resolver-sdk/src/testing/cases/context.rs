//! From what is given to a context.

use regex::Regex;
use serde_json::Value;

use super::{
    entities::{Failing, Fault},
    file::{Exchange, Given, Grants, IssuedNames, Names, OneOrMore, Response, Word},
};
use crate::{
    EntityRef, Error,
    testing::{Bounds, FakeContext, FakeHttp},
};

/// The words that belong to a status, as far as a catalog answers with it.
const STATUS_TEXTS: [(u16, &str); 9] = [
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (429, "Too Many Requests"),
    (500, "Internal Server Error"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
];

/// The context, or why the sign-in ends before anybody is asked: the ID token does not verify.
pub(super) fn of(given: &Given) -> Result<FakeContext, Error> {
    let mut ctx = FakeContext::new();
    for (name, values) in &given.headers {
        ctx = ctx.with_header(name, &values.texts().join(", "));
    }
    if let Some(settings) = &given.settings {
        ctx = ctx.with_settings(settings.clone());
    }
    for (name, table) in &given.tables {
        ctx = ctx.with_table(name, table.clone());
    }
    let (users, groups) = given.catalog.fakes();
    ctx = users.into_iter().fold(ctx, FakeContext::with_user);
    ctx = groups.into_iter().fold(ctx, FakeContext::with_group);
    ctx = given.http.iter().map(answer).fold(ctx, FakeContext::with_http);
    with_tokens(granted(with_fault(ctx, given.catalog.fault.as_ref()), &given.grants), given)
}

fn with_fault(ctx: FakeContext, fault: Option<&Fault>) -> FakeContext {
    let unavailable = || Error::service_unavailable("The catalog could not be asked").retryable();
    match fault {
        None => ctx,
        Some(Fault::Word(_)) => ctx.with_catalog_fault(unavailable()),
        Some(Fault::Status(Failing { status, after })) => ctx.with_catalog_fault_after(*after, status.map_or_else(unavailable, answered)),
    }
}

/// As the host passes an error of the catalog on.
fn answered(status: u16) -> Error {
    let text = STATUS_TEXTS.iter().find(|(known, _)| *known == status).map_or("", |(_, text)| text);
    Error::response(status, format!("Request failed with {status} {text}"))
}

/// The token named `id` is the ID token as well.
fn with_tokens(mut ctx: FakeContext, given: &Given) -> Result<FakeContext, Error> {
    for (name, claims) in &given.claims {
        ctx = match claims {
            Value::Object(_) if name == "id" => ctx.with_id_token_claims(claims.clone()).with_token(name, claims.clone()),
            Value::Object(_) => ctx.with_token(name, claims.clone()),
            _ if name == "id" => return Err(token_fault(name, claims)),
            _ => ctx.with_token_fault(name, token_fault(name, claims)),
        };
    }
    for (name, claims) in &given.forged {
        if name == "id" {
            return Err(invalid(name));
        }
        ctx = ctx.with_token(name, claims.clone()).with_token_fault(name, invalid(name));
    }
    Ok(ctx)
}

fn token_fault(name: &str, word: &Value) -> Error {
    match word.as_str() {
        Some("invalid") => invalid(name),
        Some("keys-unavailable") => Error::service_unavailable(format!("The token {name} could not be verified")).retryable(),
        _ => panic!("claims.{name}: expected claims, or invalid, or keys-unavailable"),
    }
}

fn invalid(name: &str) -> Error {
    Error::authentication(format!("The token {name} is not valid"))
}

fn answer(exchange: &Exchange) -> FakeHttp {
    let Exchange { request, response, fault } = exchange;
    let answer = FakeHttp::new(&request.method, &request.url);
    match (response, fault.as_deref()) {
        (None, Some("unavailable")) => answer.unreachable(),
        (Some(Response { status, headers, json, body }), None) => {
            let typed = headers.keys().any(|name| name.eq_ignore_ascii_case("content-type"));
            let answer = headers.iter().fold(answer.status(*status), |answer, (name, value)| answer.header(name, value));
            match (json, body) {
                (Some(json), None) if typed => answer.json(json.clone()),
                (Some(json), None) => answer.json(json.clone()).header("content-type", "application/json"),
                (None, Some(body)) => answer.body(body.as_str()),
                (None, None) => answer,
                (Some(_), Some(_)) => panic!("{}: expected either json or a body", request.url),
            }
        }
        _ => panic!("{}: expected either a response or the fault unavailable", request.url),
    }
}

/// Requests that bore another credential than the case expects.
pub(super) fn wrong_credentials(given: &Given, ctx: &FakeContext) -> Vec<String> {
    let expected = |exchange: &&Exchange| exchange.request.credential.is_some();
    let mut wrong = Vec::new();
    for request in ctx.requests() {
        let about = |exchange: &&Exchange| exchange.request.method == request.method && exchange.request.url == request.url;
        for exchange in given.http.iter().filter(expected).filter(about).filter(|exchange| exchange.request.credential != request.credential) {
            let credential = &exchange.request.credential;
            wrong.push(format!("{} {} bears the credential {:?}, expected {credential:?}", request.method, request.url, request.credential));
        }
    }
    wrong
}

fn granted(mut ctx: FakeContext, grants: &Grants) -> FakeContext {
    if let Some(names) = grants.fallback.granted() {
        ctx = ctx.grant_fallback(bounds(names));
    }
    if let Some(IssuedNames { kinds, namespaces, names, unless_in_catalog }) = grants.issue_self.granted() {
        let bounds = matching([kinds, namespaces, names]);
        ctx = ctx.grant_issue_self(if *unless_in_catalog { bounds.unless_in_catalog() } else { bounds });
    }
    if let Some(names) = grants.add_ownership.granted() {
        ctx = ctx.grant_add_ownership(bounds(names));
    }
    if let Some(names) = grants.replace_ownership.granted() {
        ctx = ctx.grant_replace_ownership(bounds(names));
    }
    if let Some(bounds) = grants.add_token_claims.granted() {
        ctx = ctx.grant_add_token_claims(bounds.claims.texts());
    }
    if let Some(bounds) = grants.sensitive_headers.granted() {
        ctx = ctx.grant_sensitive_headers(bounds.headers.texts());
    }
    if let Some(bounds) = grants.verified_claims.granted() {
        ctx = ctx.grant_verified_claims(bounds.tokens.texts());
    }
    if let Some(bounds) = grants.unverified_claims.granted() {
        ctx = ctx.grant_unverified_claims(bounds.tokens.texts());
    }
    if grants.groups == Some(Word::Grant) {
        ctx = ctx.grant_groups();
    }
    if let Some(bounds) = grants.http_client.granted() {
        let destinations = bounds.destinations.iter().flat_map(|to| to.methods.texts().into_iter().map(|method| (method, to.url.as_str())));
        ctx = ctx.grant_http_client(destinations, bounds.credentials.texts());
    }
    ctx
}

fn bounds(Names { kinds, namespaces, names }: &Names) -> Bounds {
    matching([kinds, namespaces, names])
}

/// One of the patterns matches the whole of each part.
fn matching(patterns: [&OneOrMore; 3]) -> Bounds {
    let [kinds, namespaces, names] = patterns.map(|patterns| patterns.texts().into_iter().map(pattern).collect::<Vec<_>>());
    let any = |patterns: &[Regex], part: &str| patterns.iter().any(|pattern| pattern.is_match(part));
    Bounds::only(move |name: &EntityRef| any(&kinds, name.kind()) && any(&namespaces, name.namespace()) && any(&names, name.name()))
}

fn pattern(text: &str) -> Regex {
    Regex::new(&format!(r"\A(?:{text})\z")).unwrap_or_else(|error| panic!("{text:?} is no regular expression: {error}"))
}
