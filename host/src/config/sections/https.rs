//! `backend.https`: whether the server speaks TLS, and with which certificate. What the PEM texts hold is checked when they are used, at start.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::{field::Field, origin::Origin, secret::Secret, tree::Value};

const EXPECTED: &str = "true for a certificate of its own, or certificate: { cert, key } with PEM texts";

/// Whether the server speaks TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum HttpsConfig {
    /// It does not.
    #[default]
    Off,
    /// With a certificate that it makes at each start, for development.
    SelfSigned,
    /// With this certificate.
    Certificate {
        /// The chain, in PEM, the server's own certificate first.
        cert: String,
        /// The private key, in PEM.
        key: Secret,
        /// Where they were configured.
        origin: Origin,
    },
}

impl HttpsConfig {
    /// Whether the server speaks TLS.
    pub fn is_on(&self) -> bool {
        *self != Self::Off
    }

    pub(super) fn read(field: &Field<'_>) -> Option<Self> {
        match field.value()? {
            Value::Boolean(true) => Some(Self::SelfSigned),
            Value::Boolean(false) => Some(Self::Off),
            Value::Object(_) => {
                let certificate = field.key("certificate");
                let certificate = certificate.required("cert and key with PEM texts, such as { $file: ./tls.crt }")?;
                let cert = certificate.key("cert");
                let key = certificate.key("key");
                let (cert_text, key_text) = (cert.required_string("a certificate in PEM"), key.required_string("a private key in PEM"));
                Some(Self::Certificate { cert: cert_text?.to_owned(), key: Secret::new(key_text?), origin: certificate.origin().clone() })
            }
            _ => field.expected(EXPECTED),
        }
    }
}

impl JsonSchema for HttpsConfig {
    fn schema_name() -> Cow<'static, str> {
        "Https".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Whether the server speaks TLS: true for a certificate that it makes at each start, or a certificate with its key. Needs a restart.",
            "default": false,
            "type": ["boolean", "object"],
            "properties": { "certificate": {
                "type": "object",
                "required": ["cert", "key"],
                "properties": {
                    "cert": { "type": "string", "description": "The chain in PEM, the server's own certificate first." },
                    "key": { "type": "string", "description": "The private key in PEM: PKCS#8, SEC1 or PKCS#1, not encrypted." },
                },
            } },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{faults, loaded};

    #[test]
    fn yes_no_or_a_certificate() {
        let https = |text: &str| loaded(&format!("backend: {{ https: {text} }}")).backend.https;
        assert_eq!((https("~"), https("false"), https("true")), (HttpsConfig::Off, HttpsConfig::Off, HttpsConfig::SelfSigned));
        let HttpsConfig::Certificate { cert, key, .. } = https("{ certificate: { cert: c, key: '${SECRET}' } }") else { panic!("a certificate") };
        assert_eq!((cert.as_str(), key.expose(), format!("{key:?}").as_str()), ("c", "hunter2", "Secret(…)"));
        insta::assert_snapshot!(faults("backend: { https: { certificate: { cert: 1 } } }"), @r"
        app-config.yaml: backend.https.certificate.cert: expected a certificate in PEM, got a number
        app-config.yaml: backend.https.certificate.key: missing; expected a private key in PEM
        ");
        insta::assert_snapshot!(faults("backend: { https: {} }"), @"app-config.yaml: backend.https.certificate: missing; expected cert and key with PEM texts, such as { $file: ./tls.crt }");
        insta::assert_snapshot!(faults("backend: { https: 'yes' }"), @"app-config.yaml: backend.https: expected true for a certificate of its own, or certificate: { cert, key } with PEM texts, got a string");
    }
}
