//! A setting that many resolvers share: the domains whose e-mail addresses may sign in.

use serde::Deserialize;

use crate::{Error, Setting, email};

/// A list of e-mail domains, at least one. An empty list is refused when the settings are read: it would mean nobody to one reader and everybody to
/// another. So is a domain that no address can have, such as `@corp.example` or `*.corp.example`.
///
/// ```
/// use resolver_sdk::{AllowedDomains, Email};
///
/// let allowed: AllowedDomains = serde_json::from_str(r#"["corp.example"]"#)?;
/// assert!(allowed.check("alice@Corp.Example").is_ok());
/// assert!(allowed.check("alice@evil.example").is_err());
/// assert!(allowed.check("alice@corp.example@evil.example").is_err());
/// assert!(serde_json::from_str::<AllowedDomains>("[]").is_err());
///
/// let email = Email::parse("alice@corp.example")?;
/// assert!(allowed.check(&email).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct AllowedDomains(Vec<String>);

impl AllowedDomains {
    /// The domains that the author writes. An error `other` if they make no sense.
    ///
    /// ```
    /// # use resolver_sdk::AllowedDomains;
    /// AllowedDomains::new(&["corp.example"])?.check("alice@corp.example")?;
    /// # Ok::<(), resolver_sdk::Error>(())
    /// ```
    pub fn new(domains: &[&str]) -> Result<Self, Error> {
        let domains: Vec<_> = domains.iter().map(|domain| (*domain).to_owned()).collect();
        Self::try_from(domains).map_err(|error| Error::other("The allowed domains make no sense").because(error))
    }

    /// Lets an address pass that has exactly one `@`, and behind it one of the domains; the case of ASCII letters does not matter. A subdomain is
    /// another domain, and a domain in its own script another one than its `xn--…`. Otherwise Backstage's `NotAllowedError`.
    ///
    /// What stands before the `@` is not looked at: where it becomes a name, take an [`Email`](crate::Email).
    pub fn check(&self, email: impl AsRef<str>) -> Result<(), Error> {
        let is_allowed = |domain: &str| self.0.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain));
        if email::split(email.as_ref()).is_some_and(|(_, domain)| is_allowed(domain)) {
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
        if domains.iter().any(|domain| domain.is_empty() || domain.contains(|c: char| matches!(c, '@' | '*') || c.is_whitespace())) {
            return Err("a domain is not empty and holds no @, no * and no blank: write corp.example");
        }
        Ok(Self(domains))
    }
}

impl Setting for AllowedDomains {
    fn push_schema(members: &mut String) {
        members.push_str(r#""type":"array","items":{"type":"string","pattern":"^[^@*\\s]+$"},"minItems":1"#);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorName;

    #[test]
    fn only_these_very_domains_pass() {
        let allowed = AllowedDomains::new(&["corp.example", "Exämple.com"]).unwrap();
        for email in ["alice@corp.example", "alice@CORP.Example", "alice@exämple.COM", "@corp.example"] {
            assert_eq!(allowed.check(email), Ok(()), "{email}");
        }
        for email in [
            "",
            "corp.example",
            "alice@",
            "alice@sub.corp.example",
            "alice@evilcorp.example",
            "alice@corp.example.",
            "alice@corp.example ",
            "alice@corp.example\0",
            "alice@corp.example@evil.example",
            "alice@evil.example@corp.example",
            "alice@corp.example@corp.example",
            "alice@corp.example,bob@corp.example",
            "alice@xn--exmple-cua.com",
            "alice@EXÄMPLE.com",
            "alice@\u{441}orp.example",
            &"@".repeat(1 << 20),
        ] {
            assert_eq!(allowed.check(email).unwrap_err().name(), ErrorName::NotAllowed, "{email:.60}");
        }
    }

    #[test]
    fn a_sign_is_not_the_letter_that_it_looks_like() {
        let allowed = AllowedDomains::new(&["kelvin.example"]).unwrap();
        assert!(allowed.check("a@KELVIN.example").is_ok());
        assert!(allowed.check("a@\u{212A}elvin.example").is_err());
    }

    #[test]
    fn what_would_allow_nobody_or_who_knows_whom_is_refused() {
        for domains in [&[][..], &[""], &["@corp.example"], &["*.corp.example"], &["*"], &["corp.example", " "], &["corp.example\n"]] {
            assert!(AllowedDomains::new(domains).is_err(), "{domains:?}");
        }
    }
}
