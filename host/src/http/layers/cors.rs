//! `backend.cors`: which pages of other origins may read answers, as the package `cors` does it in Backstage.
//!
//! A request is never refused for its origin: an origin that is not allowed is answered without these headers, and the browser keeps the answer
//! from the page. Every value that does not depend on the request is made at the start.

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, CONTENT_LENGTH, ORIGIN, VARY,
    },
};

use crate::{domain::origin_pattern::OriginPattern, http::joined::joined};

/// What is allowed, and to whom. An empty value leaves its header out.
#[derive(Debug, Clone)]
pub struct CorsPolicy {
    /// The origins; `None` for any, which no credentials go to.
    pub origins: Option<Vec<OriginPattern>>,
    /// `Access-Control-Allow-Methods`.
    pub methods: HeaderValue,
    /// `Access-Control-Allow-Headers`; `None` for those that a preflight asks for.
    pub allowed_headers: Option<HeaderValue>,
    /// `Access-Control-Expose-Headers`.
    pub exposed_headers: Option<HeaderValue>,
    /// Whether pages may send cookies along.
    pub credentials: bool,
    /// `Access-Control-Max-Age`.
    pub max_age: Option<HeaderValue>,
    /// Whether a preflight goes on to the routes.
    pub preflight_continue: bool,
    /// The status of a preflight.
    pub preflight_status: StatusCode,
}

/// The headers that a request is granted.
pub(super) struct Granted {
    headers: HeaderMap,
    vary: Vec<&'static str>,
    preflight: Option<StatusCode>,
}

impl CorsPolicy {
    /// What this request is granted, if its origin is allowed.
    pub(super) fn granted(&self, request: &Request) -> Option<Granted> {
        let origin = joined(request.headers(), &ORIGIN);
        let mut granted = Granted { headers: HeaderMap::new(), vary: Vec::new(), preflight: None };
        match &self.origins {
            None => granted.add(ACCESS_CONTROL_ALLOW_ORIGIN, Some(HeaderValue::from_static("*"))),
            Some(patterns) => {
                let sent = origin.as_deref().unwrap_or_default();
                if !patterns.iter().any(|pattern| pattern.matches(sent)) {
                    return None;
                }
                granted.add(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_bytes(sent).ok());
                granted.vary.push("Origin");
            }
        }
        granted.add(ACCESS_CONTROL_ALLOW_CREDENTIALS, self.credentials.then(|| HeaderValue::from_static("true")));
        if request.method() == Method::OPTIONS {
            self.preflight(request.headers(), &mut granted);
        }
        granted.add(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed_headers.clone());
        Some(granted)
    }

    fn preflight(&self, headers: &HeaderMap, granted: &mut Granted) {
        granted.add(ACCESS_CONTROL_ALLOW_METHODS, Some(self.methods.clone()));
        let allowed = self.allowed_headers.clone().or_else(|| {
            granted.vary.push("Access-Control-Request-Headers");
            HeaderValue::from_bytes(&joined(headers, &ACCESS_CONTROL_REQUEST_HEADERS)?).ok()
        });
        granted.add(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        granted.add(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        granted.preflight = (!self.preflight_continue).then_some(self.preflight_status);
    }
}

impl Granted {
    fn add(&mut self, name: http::HeaderName, value: Option<HeaderValue>) {
        self.headers.extend(value.filter(|value| !value.is_empty()).map(|value| (name, value)));
    }

    /// The answer to a preflight, which no route sees.
    pub(super) fn preflight(&self) -> Option<Response> {
        let mut response = self.preflight?.into_response();
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(0));
        Some(response)
    }

    /// Puts the headers on an answer.
    pub(super) fn apply(self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.extend(self.headers);
        let others = headers.get(VARY).and_then(|value| value.to_str().ok());
        let vary: Vec<_> = self.vary.into_iter().chain(others).collect();
        if let Ok(vary) = HeaderValue::try_from(vary.join(", "))
            && !vary.is_empty()
        {
            headers.insert(VARY, vary);
        }
    }
}
