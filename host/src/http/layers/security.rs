//! Helmet's headers, as Backstage's backend sends them on every response. Two of them are configured.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY},
};

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
pub(super) struct SecurityHeaders {
    configured: [(HeaderName, HeaderValue); 2],
    fixed: [(HeaderName, HeaderValue); 7],
}

impl SecurityHeaders {
    /// With the values of the configured two.
    pub(super) fn new(content_security_policy: HeaderValue, referrer_policy: HeaderValue) -> Self {
        let fixed = FIXED.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Self { configured: [(CONTENT_SECURITY_POLICY, content_security_policy), (REFERRER_POLICY, referrer_policy)], fixed }
    }

    /// Puts them on an answer.
    pub(super) fn apply(&self, headers: &mut HeaderMap) {
        headers.extend(self.configured.iter().chain(&self.fixed).cloned());
    }
}
