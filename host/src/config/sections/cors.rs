//! `backend.cors`: which pages of other origins may read answers. Backstage's keys, defaults and rules; off where the section is missing.
//!
//! A pattern that is not matched exactly as Backstage matches it is refused, and so is an empty `origin`, which Backstage takes for any origin.

use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;

use crate::{
    config::{
        field::Field,
        schema::{CountSchema, optional},
    },
    domain::origin_pattern::OriginPattern,
};

const DEFAULT_METHODS: &str = "GET,HEAD,PUT,PATCH,POST,DELETE";
const HEADER_TEXT: &str = "a text that can stand in a header";

/// Cross-origin requests.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "camelCase", transform = optional)]
pub struct CorsConfig {
    /// Patterns of the origins that are allowed, with `*`, `?`, `[a-z]`, `{a,b}` and a leading `!`; `*` stands for no slash, so it alone matches no
    /// origin with a scheme. Without the key every origin is allowed. Needs a restart.
    #[schemars(with = "OneOrMore")]
    pub origin: Option<Vec<OriginPattern>>,
    /// Methods that a preflight is told. Needs a restart.
    #[schemars(with = "OneOrMore", extend("default" = DEFAULT_METHODS))]
    pub methods: HeaderValue,
    /// Request headers that a preflight is told. Without the key, those that it asks for. Needs a restart.
    #[schemars(with = "OneOrMore")]
    pub allowed_headers: Option<HeaderValue>,
    /// Headers of the answer that pages may read. Needs a restart.
    #[schemars(with = "OneOrMore")]
    pub exposed_headers: Option<HeaderValue>,
    /// Whether pages may send cookies along. Needs a restart.
    #[schemars(extend("default" = false))]
    pub credentials: bool,
    /// For how many seconds a browser may remember a preflight. Needs a restart.
    #[schemars(with = "CountSchema")]
    pub max_age: Option<HeaderValue>,
    /// Whether a preflight goes on to the routes. Needs a restart.
    #[schemars(extend("default" = false))]
    pub preflight_continue: bool,
    /// The status of a preflight. Needs a restart.
    #[schemars(with = "CountSchema", extend("default" = 204))]
    pub options_success_status: StatusCode,
}

/// One text, or a list of them.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl CorsConfig {
    pub(in crate::config) fn read(cors: &Field<'_>) -> Option<Self> {
        if !cors.is_set() {
            return None;
        }
        let status = cors.key("optionsSuccessStatus").integer(200..=599_u16).and_then(|status| StatusCode::from_u16(status).ok());
        Some(Self {
            origin: origins(&cors.key("origin")),
            methods: list(&cors.key("methods")).unwrap_or(HeaderValue::from_static(DEFAULT_METHODS)),
            allowed_headers: list(&cors.key("allowedHeaders")),
            exposed_headers: list(&cors.key("exposedHeaders")),
            credentials: cors.key("credentials").boolean().unwrap_or(false),
            max_age: cors.key("maxAge").integer(0..=u32::MAX).map(HeaderValue::from),
            preflight_continue: cors.key("preflightContinue").boolean().unwrap_or(false),
            options_success_status: status.unwrap_or(StatusCode::NO_CONTENT),
        })
    }
}

/// The patterns. Whatever is wrong with the key is a fault, so `None` reaches a running server only where the key is missing.
fn origins(field: &Field<'_>) -> Option<Vec<OriginPattern>> {
    let pattern = |item: Field<'_>| {
        let text = item.string("a pattern such as https://*.example.org")?;
        OriginPattern::new(text).map_err(|error| item.error::<()>(format!("{text:?} is no pattern that is supported: {error}"))).ok()
    };
    Some(field.items_or_one()?.into_iter().filter_map(pattern).collect())
}

/// The items with commas between them; an empty list is an empty value, with which the header is left out.
fn list(field: &Field<'_>) -> Option<HeaderValue> {
    let items = field.items_or_one()?;
    let texts: Vec<_> = items.iter().filter_map(|item| item.string(HEADER_TEXT)).collect();
    HeaderValue::try_from(texts.join(",")).map_or_else(|_| field.expected(HEADER_TEXT), Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{faults, loaded};

    fn cors(text: &str) -> CorsConfig {
        loaded(&format!("backend: {{ cors: {text} }}")).backend.cors.unwrap()
    }

    #[test]
    fn it_is_off_without_the_section_and_open_without_an_origin() {
        assert_eq!(loaded("backend: {}").backend.cors, None);
        let open = cors("{}");
        assert_eq!((open.origin, open.methods, open.allowed_headers), (None, HeaderValue::from_static(DEFAULT_METHODS), None));
        assert_eq!((open.credentials, open.max_age, open.options_success_status), (false, None, StatusCode::NO_CONTENT));
    }

    #[test]
    fn one_text_counts_as_a_list_and_an_empty_list_leaves_the_header_out() {
        let one = cors("{ origin: 'http://x', methods: GET, allowedHeaders: [a, B], exposedHeaders: c, maxAge: '60', credentials: 'yes' }");
        let value = |text: &'static str| HeaderValue::from_static(text);
        assert!(one.origin.unwrap()[0].matches(b"http://x"));
        assert_eq!((one.methods, one.allowed_headers, one.exposed_headers), (value("GET"), Some(value("a,B")), Some(value("c"))));
        assert_eq!((one.max_age, one.credentials), (Some(value("60")), true));
        let none = cors("{ origin: [], methods: [], allowedHeaders: [] }");
        assert_eq!((none.origin, none.methods, none.allowed_headers), (Some(Vec::new()), value(""), Some(value(""))));
    }

    #[test]
    fn what_would_let_others_in_or_cannot_be_honoured_is_refused() {
        let text = "backend: { cors: { origin: '', methods: ['x\\n'], maxAge: soon, optionsSuccessStatus: 100, credentials: maybe } }";
        insta::assert_snapshot!(faults(text), @r#"
        app-config.yaml: backend.cors.optionsSuccessStatus: expected a whole number from 200 to 599, got 100
        app-config.yaml: backend.cors.origin: expected a pattern such as https://*.example.org, got an empty string
        app-config.yaml: backend.cors.credentials: expected true or false, got a string
        app-config.yaml: backend.cors.maxAge: expected a whole number from 0 to 4294967295, got "soon"
        "#);
        insta::assert_snapshot!(faults("backend: { cors: { origin: [false, 'https://+(a|b)'], allowedHeaders: \"a\\nb\" } }"), @r#"
        app-config.yaml: backend.cors.origin[0]: expected a pattern such as https://*.example.org, got a boolean
        app-config.yaml: backend.cors.origin[1]: "https://+(a|b)" is no pattern that is supported: extended globs, such as +(a|b), are not supported: write one pattern for each
        app-config.yaml: backend.cors.allowedHeaders: expected a text that can stand in a header, got a string
        "#);
        insta::assert_snapshot!(faults("backend: { cors: true }"), @"app-config.yaml: backend.cors: expected an object of keys, got a boolean");
    }
}
