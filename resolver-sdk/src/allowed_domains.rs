//! A setting that many resolvers share: the domains whose e-mail addresses may sign in.

use serde::Deserialize;

use crate::{Error, Setting};

/// A list of e-mail domains, at least one. An empty list is refused when the settings are read: it would mean nobody to one reader and everybody to
/// another.
///
/// ```
/// use resolver_sdk::AllowedDomains;
///
/// let allowed: AllowedDomains = serde_json::from_str(r#"["corp.example"]"#)?;
/// assert!(allowed.check("alice@Corp.Example").is_ok());
/// assert!(allowed.check("alice@evil.example").is_err());
/// assert!(allowed.check("alice@corp.example@evil.example").is_err());
/// assert!(serde_json::from_str::<AllowedDomains>("[]").is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct AllowedDomains(Vec<String>);

impl AllowedDomains {
    /// Lets an address pass that has exactly one `@`, and behind it one of the domains; the case of ASCII letters does not matter. A subdomain is
    /// another domain. Otherwise Backstage's `NotAllowedError`.
    pub fn check(&self, email: &str) -> Result<(), Error> {
        let domain = email.split_once('@').map(|(_, domain)| domain);
        if domain.is_some_and(|domain| self.0.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain))) {
            Ok(())
        } else {
            Err(Error::not_allowed("Sign-in user email is not from an allowed domain"))
        }
    }
}

impl TryFrom<Vec<String>> for AllowedDomains {
    type Error = &'static str;

    fn try_from(domains: Vec<String>) -> Result<Self, Self::Error> {
        if domains.is_empty() {
            return Err("at least one domain must be allowed");
        }
        // A domain with an `@` would let an address with two of them pass.
        if domains.iter().any(|domain| domain.is_empty() || domain.contains('@')) {
            return Err("a domain is not empty and holds no @");
        }
        Ok(Self(domains))
    }
}

impl Setting for AllowedDomains {
    fn push_schema(members: &mut String) {
        members.push_str(r#""type":"array","items":{"type":"string","pattern":"^[^@]+$"},"minItems":1"#);
    }
}
