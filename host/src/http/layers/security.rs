//! Helmet's headers, as Backstage's backend sends them on every response. Two of them are configured.

use http::{HeaderMap, HeaderName, HeaderValue};

const FIXED: [(&str, &str); 7] = [
    ("strict-transport-security", "max-age=15552000; includeSubDomains"),
    ("x-content-type-options", "nosniff"),
    ("x-dns-prefetch-control", "off"),
    ("x-download-options", "noopen"),
    ("x-frame-options", "SAMEORIGIN"),
    ("x-permitted-cross-domain-policies", "none"),
    ("x-xss-protection", "0"),
];

/// The headers, made once.
pub(super) struct SecurityHeaders([(HeaderName, HeaderValue); 9]);

impl SecurityHeaders {
    /// With the values of the configured two.
    pub(super) fn new(content_security_policy: HeaderValue, referrer_policy: HeaderValue) -> Self {
        let [a, b, c, d, e, f, g] = FIXED.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let configured = [(http::header::CONTENT_SECURITY_POLICY, content_security_policy), (http::header::REFERRER_POLICY, referrer_policy)];
        let [csp, referrer] = configured;
        Self([csp, referrer, a, b, c, d, e, f, g])
    }

    /// Puts them on an answer.
    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        headers.extend(self.0.iter().cloned());
    }
}
