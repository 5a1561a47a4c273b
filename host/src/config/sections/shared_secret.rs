//! `stagedoor.trust.sharedSecret`: a header that only the proxy can send, for networks in which an address alone proves little.
//!
//! The counterpart is a header with a `secretSource` in oauth2-proxy's alpha configuration. What no header could carry is a fault here rather than a
//! refusal of everybody later.

use http::HeaderName;
use schemars::JsonSchema;

use crate::{
    config::{field::Field, schema::optional, secret::Secret},
    domain::headers::{SENSITIVE, identity},
};

const HEADER: &str = "x-stagedoor-proxy-secret";
const LEAST: usize = 16;

/// Headers that say something already, or that a hop may drop or rewrite. The sensitive ones are taken too: a grant could name one for a resolver to read.
pub(super) const TAKEN: [&str; 9] =
    ["connection", "host", "te", "upgrade", "keep-alive", "transfer-encoding", "content-length", "content-type", "x-forwarded-for"];

/// A header that only the proxy can send. It must hold besides `peers`.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, transform = optional)]
pub struct SharedSecretConfig {
    /// The name of the header. Live.
    #[schemars(with = "String", extend("default" = HEADER))]
    pub header: HeaderName,
    /// One secret, or two while they are exchanged: at least 16 visible ASCII characters each, compared as they are. Take them from a file or a
    /// variable. Live.
    #[schemars(with = "Vec<String>", extend("minItems" = 1, "maxItems" = 2))]
    pub values: Vec<Secret>,
}

impl SharedSecretConfig {
    pub(super) fn read(field: &Field<'_>) -> Option<Self> {
        field.value()?;
        field.only(&["header", "values"]);
        let header = header(&field.key("header"));
        let values = field.key("values");
        let items = values.required("one secret, or two while they are exchanged").and_then(Field::items_or_one).unwrap_or_default();
        if values.is_set() && !(1..=2).contains(&items.len()) {
            values.error::<()>(format!("expected one secret, or two while they are exchanged, got {}", items.len()));
        }
        let values: Vec<_> = items.iter().filter_map(secret).collect();
        if let [one, other] = &values[..]
            && one == other
        {
            field.key("values").error::<()>("both secrets are the same: leave one out");
        }
        Some(Self { header, values })
    }
}

fn header(field: &Field<'_>) -> HeaderName {
    const EXPECTED: &str = "the name of a header of its own, of letters, digits and hyphens, such as x-stagedoor-proxy-secret";
    let default = HeaderName::from_static(HEADER);
    let Some(text) = field.string(EXPECTED) else { return default };
    let name = HeaderName::try_from(text).ok().filter(|name| {
        let name = name.as_str();
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        plain && !TAKEN.contains(&name) && !SENSITIVE.contains(&name) && !identity::ALL.contains(&name)
    });
    name.or_else(|| field.expected_shown(EXPECTED)).unwrap_or(default)
}

/// A secret as a header can carry it, byte for byte.
fn secret(field: &Field<'_>) -> Option<Secret> {
    let text = field.string("a secret")?;
    if text.trim() != text {
        return field.error("begins or ends with a blank or a line break, which no header can carry: write it without");
    }
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return field.error("holds something else than visible ASCII characters, which not every proxy sends unchanged: choose another secret");
    }
    if text.len() < LEAST {
        return field.error(format!("a secret has at least {LEAST} characters: `openssl rand -hex 32` makes a good one"));
    }
    Some(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{faults, load_with, loaded};

    fn shared(text: &str) -> SharedSecretConfig {
        loaded(&format!("stagedoor: {{ trust: {{ sharedSecret: {text} }} }}")).stagedoor.trust.shared_secret.unwrap()
    }

    #[test]
    fn one_or_two_secrets_in_a_header() {
        let one = shared("{ values: 'a secret of the kit' }");
        assert_eq!((one.header.as_str(), one.values[0].expose()), (HEADER, "a secret of the kit"));
        let two = shared("{ header: X-Proxy-Key, values: ['0123456789abcdef', 'fedcba9876543210'] }");
        assert_eq!((two.header.as_str(), two.values.len()), ("x-proxy-key", 2));
        assert_eq!(loaded("{}").stagedoor.trust.shared_secret, None);
    }

    #[test]
    fn what_no_header_can_carry_is_a_fault_and_not_shown() {
        let text = "stagedoor: { trust: { sharedSecret: { header: X-Forwarded-User, values: [' hunter2-hunter2-', 'hünter2-hünter2-hunter2', hunter2], x: 1 } } }";
        insta::assert_snapshot!(faults(text), @r#"
        app-config.yaml: stagedoor.trust.sharedSecret.x: unknown key; the keys here are header, values
        app-config.yaml: stagedoor.trust.sharedSecret.header: expected the name of a header of its own, of letters, digits and hyphens, such as x-stagedoor-proxy-secret, got "X-Forwarded-User"
        app-config.yaml: stagedoor.trust.sharedSecret.values: expected one secret, or two while they are exchanged, got 3
        app-config.yaml: stagedoor.trust.sharedSecret.values[0]: begins or ends with a blank or a line break, which no header can carry: write it without
        app-config.yaml: stagedoor.trust.sharedSecret.values[1]: holds something else than visible ASCII characters, which not every proxy sends unchanged: choose another secret
        app-config.yaml: stagedoor.trust.sharedSecret.values[2]: a secret has at least 16 characters: `openssl rand -hex 32` makes a good one
        "#);
        for (text, fault) in [
            ("{}", "values: missing; expected one secret"),
            ("{ values: [] }", "values: expected one secret, or two while they are exchanged, got 0"),
            ("{ values: ['0123456789abcdef', '0123456789abcdef'] }", "values: both secrets are the same"),
            ("{ values: \"0123456789abcdef\\n\" }", "values: begins or ends with a blank or a line break"),
            ("{ values: '0123456789abcdef', header: x_secret }", "header: expected the name of a header of its own"),
            ("{ values: '0123456789abcdef', header: authorization }", "header: expected the name of a header of its own"),
            ("{ values: '0123456789abcdef', header: gap-signature }", "header: expected the name of a header of its own"),
            ("true", "expected an object of keys, got a boolean"),
        ] {
            let found = faults(&format!("stagedoor: {{ trust: {{ sharedSecret: {text} }} }}"));
            assert!(found.contains(fault), "{text}: {found}");
        }
    }

    #[test]
    fn a_file_that_ends_with_a_newline_is_told() {
        let text = "stagedoor: { trust: { sharedSecret: { values: [{ $file: new }, { $file: old }] } } }";
        let config = load_with(text, &[("new", "0123456789abcdef\n"), ("old", "fedcba9876543210")]).unwrap();
        let secrets = config.stagedoor.trust.shared_secret.unwrap().values;
        assert_eq!(secrets.iter().map(Secret::expose).collect::<Vec<_>>(), ["0123456789abcdef", "fedcba9876543210"]);
        insta::assert_snapshot!(config.warnings.join("\n"), @"app-config.yaml: stagedoor.trust.sharedSecret.values[0]: the file ends with a newline or a blank, which counts for nothing here; oauth2-proxy would send a fromFile secret as it is and answer every request with 502: write the file without (`printf %s`)");
        let blank_before = load_with(text, &[("new", "0123456789abcdef"), ("old", " fedcba9876543210")]).unwrap_err().to_string();
        assert!(blank_before.contains("values[1]: begins or ends with a blank"), "{blank_before}");
    }
}
