//! A fake context out of what a case says.

use regex::Regex;
use serde_json::{Map, Value, json};

use super::given::{Entity, Exchange, Fault, Given, Grant, GrantBounds, OneOrMore, Response, Token};
use crate::{
    EntityRef, Error,
    testing::{Bounds, FakeContext, FakeGroup, FakeHttp, FakeUser},
};

impl Given {
    pub(super) fn context(&self) -> FakeContext {
        let mut ctx = FakeContext::new();
        for (name, value) in &self.headers {
            ctx = ctx.with_header(name, value);
        }
        if let Some(settings) = &self.settings {
            ctx = ctx.with_settings(settings.clone());
        }
        for (name, token) in &self.claims {
            ctx = with_token(ctx, name, token);
        }
        for (name, table) in &self.tables {
            ctx = ctx.with_table(name, table.clone());
        }
        let answers = self.http.iter().map(Exchange::answer);
        let ctx = answers.fold(self.with_catalog(ctx), FakeContext::with_http);
        self.grants.iter().fold(ctx, |ctx, (power, grant)| granted(ctx, power, grant))
    }

    fn with_catalog(&self, ctx: FakeContext) -> FakeContext {
        let users = self.catalog.users.iter().map(|(name, user)| user.written("User", name));
        let groups = self.catalog.groups.iter().map(|(name, group)| group.written("Group", name));
        let ctx = users.chain(groups).chain(self.catalog.entities.iter().cloned()).fold(ctx, |ctx, entity| match entity["kind"].as_str() {
            Some("Group") => ctx.with_group(FakeGroup::from_entity(entity)),
            _ => ctx.with_user(FakeUser::from_entity(entity)),
        });
        let unavailable = || Error::service_unavailable("The catalog could not be asked").retryable();
        match &self.catalog.fault {
            None => ctx,
            Some(Fault::Word(word)) if word == "unavailable" => ctx.with_catalog_fault(unavailable()),
            Some(Fault::Word(word)) => panic!("catalog.fault: expected unavailable, or {{ status, after }}, got {word}"),
            Some(Fault::Later { status, after }) => {
                let fault = status.map_or_else(unavailable, |status| Error::response(status, "The catalog answered with an error"));
                ctx.with_catalog_fault_after(*after, fault)
            }
        }
    }
}

fn with_token(ctx: FakeContext, name: &str, token: &Token) -> FakeContext {
    match token {
        Token::Claims(claims) if name == "id" => {
            ctx.with_id_token_claims(Value::Object(claims.clone())).with_token(name, Value::Object(claims.clone()))
        }
        Token::Claims(claims) => ctx.with_token(name, Value::Object(claims.clone())),
        Token::Fault(_) => ctx.with_token_fault(name, token.fault().expect("it is one")),
    }
}

fn granted(ctx: FakeContext, power: &str, grant: &Grant) -> FakeContext {
    let bounds = match grant {
        Grant::Word(word) if word == "deny" => return ctx,
        Grant::Word(word) if word == "grant" && power == "groups" => return ctx.grant_groups(),
        Grant::Word(word) => panic!("grants.{power}: expected deny or the bounds of a grant, got {word}"),
        Grant::Bounds(bounds) => bounds,
    };
    let texts = |list: &OneOrMore| list.texts().to_vec();
    match power {
        "fallback" => ctx.grant_fallback(bounds.names()),
        "issue-self" if bounds.unless_in_catalog => ctx.grant_issue_self(bounds.names().unless_in_catalog()),
        "issue-self" => ctx.grant_issue_self(bounds.names()),
        "add-ownership" => ctx.grant_add_ownership(bounds.names()),
        "replace-ownership" => ctx.grant_replace_ownership(bounds.names()),
        "add-token-claims" => ctx.grant_add_token_claims(texts(&bounds.claims).iter().map(String::as_str)),
        "sensitive-headers" => ctx.grant_sensitive_headers(texts(&bounds.headers).iter().map(String::as_str)),
        "verified-claims" => ctx.grant_verified_claims(texts(&bounds.tokens).iter().map(String::as_str)),
        "unverified-claims" => ctx.grant_unverified_claims(texts(&bounds.tokens).iter().map(String::as_str)),
        "http-client" => {
            let places = bounds.destinations.iter();
            let places: Vec<_> = places.flat_map(|place| place.methods.texts().iter().map(|method| (method.as_str(), place.url.as_str()))).collect();
            ctx.grant_http_client(places, bounds.credentials.texts().iter().map(String::as_str))
        }
        _ => panic!("grants.{power}: there is no such power"),
    }
}

impl GrantBounds {
    /// As the host reads them: each is a pattern for the whole part.
    fn names(&self) -> Bounds {
        let whole = |pattern: &String| Regex::new(&format!(r"\A(?:{pattern})\z")).unwrap_or_else(|error| panic!("grants: {error}"));
        let patterns = |list: &OneOrMore| list.texts().iter().map(whole).collect::<Vec<_>>();
        let (kinds, namespaces, names) = (patterns(&self.kinds), patterns(&self.namespaces), patterns(&self.names));
        let any = |patterns: &[Regex], part: &str| patterns.iter().any(|pattern| pattern.is_match(part));
        Bounds::only(move |entity_ref: &EntityRef| {
            any(&kinds, entity_ref.kind()) && any(&namespaces, entity_ref.namespace()) && any(&names, entity_ref.name())
        })
    }
}

impl Entity {
    fn written(&self, kind: &str, key: &str) -> Value {
        let (namespace, name) = key.split_once('/').unwrap_or(("default", key));
        let mut spec = self.spec.clone();
        let profile = [("email", &self.email), ("displayName", &self.display_name), ("picture", &self.picture)];
        let profile: Map<_, _> = profile.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?.into()))).collect();
        if !profile.is_empty() {
            spec.insert("profile".into(), profile.into());
        }
        if let Some(parent) = &self.parent {
            spec.insert("parent".into(), parent.clone().into());
        }
        for (key, refs) in [("memberOf", &self.groups), ("children", &self.children), ("members", &self.members)] {
            spec.insert(key.into(), refs.texts().into());
        }
        let relations: Vec<_> =
            self.groups.texts().iter().map(|group| json!({ "type": "memberOf", "targetRef": target(group, namespace) })).collect();
        let metadata = json!({ "namespace": namespace, "name": name, "annotations": self.annotations });
        json!({ "kind": kind, "metadata": metadata, "spec": spec, "relations": relations })
    }
}

/// The whole ref of a group, as the catalog writes it into a relation.
fn target(group: &str, namespace: &str) -> String {
    let (kind, rest) = group.split_once(':').unwrap_or(("group", group));
    let (namespace, name) = rest.split_once('/').unwrap_or((namespace, rest));
    format!("{kind}:{namespace}/{name}").to_lowercase()
}

impl Exchange {
    fn answer(&self) -> FakeHttp {
        let answer = FakeHttp::new(self.request.method.as_deref().unwrap_or("GET"), &self.request.url);
        let answer = self.request.credential.iter().fold(answer, |answer, name| answer.credential(name));
        match (&self.response, self.fault.as_deref()) {
            (Some(Response { status, headers, json, body }), None) => {
                let answer = headers.iter().fold(answer.status(status.unwrap_or(200)), |answer, (name, value)| answer.header(name, value));
                let answer = json.iter().fold(answer, |answer, json| answer.json(json.clone()));
                body.iter().fold(answer, |answer, body| answer.body(body.clone()))
            }
            (None, Some("unavailable")) => answer.unreachable(),
            _ => panic!("http: expected either a response, or the fault unavailable"),
        }
    }
}
