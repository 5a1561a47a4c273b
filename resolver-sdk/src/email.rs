//! E-mail addresses: either two parts around the one `@`, or no address at all.
//!
//! Whoever cuts `alice@corp.example@evil.example` at an `@` finds the domain they were looking for; an [`Email`] that exists has only one. The
//! functions beside it say what Backstage's own resolvers make of a text that nobody has checked.

use std::fmt;

use crate::Error;

/// The longest address in bytes. Source: RFC 5321, 4.5.3.1.3, less the angle brackets.
const MAX_BYTES: usize = 254;

/// An address with exactly one `@` and something on both sides of it.
///
/// ```
/// use resolver_sdk::{Email, EntityRef};
///
/// let email = Email::parse("Alice+ci@Corp.Example")?;
/// assert_eq!((email.local(), email.domain()), ("Alice+ci", "Corp.Example"));
/// assert_eq!(email.without_tag().as_str(), "Alice@Corp.Example");
/// assert_eq!(EntityRef::user(email.without_tag().local()), EntityRef::user("alice"));
/// assert!(Email::parse("alice@corp.example@evil.example").is_err());
/// # Ok::<(), resolver_sdk::Error>(())
/// ```
///
/// It is kept as it was written: two addresses are equal if they are the same text, while the catalog compares addresses without case. A domain in
/// its own script and the same in `xn--…` are two domains. That somebody reads the mail of an address, it does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    text: String,
    at: usize,
}

impl Email {
    /// Reads an address; nothing is trimmed or otherwise mended.
    ///
    /// An error `input` if there is not exactly one `@`, nothing stands on one side of it, the whole is longer than 254 bytes, or it holds a blank, a
    /// control character, or one of `( ) < > [ ] : ; \ , "`, which separate addresses from each other or from names. Quoted local parts and domains
    /// in brackets, which RFC 5321 has, are therefore refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let invalid = |why| Error::input("The email is not an address").because(why);
        let (local, domain) = split(text).ok_or_else(|| invalid("it does not hold exactly one @"))?;
        if local.is_empty() || domain.is_empty() {
            return Err(invalid("nothing stands on one side of the @"));
        }
        if text.len() > MAX_BYTES {
            return Err(invalid("it is longer than 254 bytes"));
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || r#"()<>[]:;\,""#.contains(c)) {
            return Err(invalid(r#"it holds a blank, a control character or one of ()<>[]:;\,""#));
        }
        Ok(Self { text: text.to_owned(), at: local.len() })
    }

    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What stands before the `@`, a `+tag` included.
    pub fn local(&self) -> &str {
        &self.text[..self.at]
    }

    /// What stands behind the `@`.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// `ivan+tag@corp.example` as `ivan@corp.example`; an address without a tag as it is, and so is `+tag@…`, which has nothing else.
    #[must_use]
    pub fn without_tag(&self) -> Self {
        without_tag(&self.text).map_or_else(|| self.clone(), |text| Self { at: local_part(&text).len(), text })
    }
}

impl AsRef<str> for Email {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.text
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What stands before the first `@`, and the whole text where there is none.
///
/// Source: `emailLocalPartMatchingUserEntityName` of Backstage, which checks nothing else. A resolver of your own wants [`Email::local`].
///
/// ```
/// use resolver_sdk::email::local_part;
///
/// assert_eq!(local_part("alice@corp.example@evil.example"), "alice");
/// assert_eq!(local_part("alice"), "alice");
/// ```
pub fn local_part(email: &str) -> &str {
    email.split_once('@').map_or(email, |(local, _)| local)
}

/// The text without the `+tag` before its first `@`, as it is where it has no tag. `None` if there is no `@`, nothing before it, or a `+` with nothing
/// before or behind it.
///
/// Source: `emailMatchingUserEntityProfileEmail` of Backstage, whose pattern is `^([^@+]+)(\+[^@]+)?(@.*)$`. A resolver of your own wants
/// [`Email::without_tag`].
///
/// ```
/// use resolver_sdk::email::without_tag;
///
/// assert_eq!(without_tag("ivan+tag@corp.example").as_deref(), Some("ivan@corp.example"));
/// assert_eq!(without_tag("+tag@corp.example"), None);
/// ```
pub fn without_tag(email: &str) -> Option<String> {
    let (local, domain) = email.split_once('@')?;
    let (name, tag) = local.split_once('+').map_or((local, None), |(name, tag)| (name, Some(tag)));
    (!name.is_empty() && tag != Some("")).then(|| [name, "@", domain].concat())
}

/// The two sides of the only `@`.
pub(crate) fn split(email: &str) -> Option<(&str, &str)> {
    email.split_once('@').filter(|(_, domain)| !domain.contains('@'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_has_two_parts() {
        for (text, local, domain) in [
            ("alice@corp.example", "alice", "corp.example"),
            ("Alice.B+ci@Corp.Example", "Alice.B+ci", "Corp.Example"),
            ("o'neil@corp.example", "o'neil", "corp.example"),
            ("jürgen@bücher.example", "jürgen", "bücher.example"),
            ("a@b", "a", "b"),
            ("a/b@c", "a/b", "c"),
        ] {
            let email = Email::parse(text).unwrap();
            assert_eq!((email.local(), email.domain(), email.as_str()), (local, domain, text));
        }
        assert!(Email::parse(&format!("{}@b", "a".repeat(252))).is_ok());
    }

    #[test]
    fn everything_else_is_no_address() {
        for text in [
            "",
            "@",
            "alice",
            "@corp.example",
            "alice@",
            "alice@corp.example@evil.example",
            "alice@@corp.example",
            "alice@evil.example, bob@corp.example",
            "evil,alice@corp.example",
            "evil;alice@corp.example",
            "Alice <alice@corp.example>",
            "\"a b\"@corp.example",
            "alice@[127.0.0.1]",
            " alice@corp.example",
            "alice@corp.example ",
            "alice@corp.example\r\nx-forwarded-user:",
            "al\u{a0}ice@corp.example",
            "al\0ice@corp.example",
            &format!("{}@b", "a".repeat(253)),
            &"a@".repeat(1 << 20),
        ] {
            let error = Email::parse(text).unwrap_err();
            assert_eq!((error.name(), error.message()), (crate::ErrorName::Input, "The email is not an address"), "{text:.40}");
            assert!(error.cause().is_some_and(|cause| !cause.contains("corp")), "the cause names the rule, not the person");
        }
    }

    #[test]
    fn a_sign_is_not_the_letter_that_it_looks_like() {
        for text in ["\u{212A}evin@corp.example", "kevin@\u{212A}orp.example", "İsmail@corp.example"] {
            assert_eq!(Email::parse(text).unwrap().as_str(), text);
        }
        assert_ne!(Email::parse("\u{212A}evin@corp.example"), Email::parse("kevin@corp.example"));
    }

    #[test]
    fn an_address_without_its_tag_is_an_address() {
        for (text, without) in [
            ("ivan+tag@example.com", "ivan@example.com"),
            ("ivan+a+b@example.com", "ivan@example.com"),
            ("ivan@example.com", "ivan@example.com"),
            ("ivan@exa+mple.com", "ivan@exa+mple.com"),
            ("ivan+@example.com", "ivan+@example.com"),
            ("+tag@example.com", "+tag@example.com"),
        ] {
            let email = Email::parse(text).unwrap().without_tag();
            assert_eq!((email.as_str(), email.domain()), (without, without.split_once('@').unwrap().1));
        }
    }

    #[test]
    fn a_tag_is_what_backstage_takes_for_one() {
        for (email, without) in [
            ("ivan+tag@example.com", Some("ivan@example.com")),
            ("ivan+a+b@example.com", Some("ivan@example.com")),
            ("ivan@example.com", Some("ivan@example.com")),
            ("a+b@c@d", Some("a@c@d")),
            ("ivan+@example.com", None),
            ("+tag@example.com", None),
            ("@example.com", None),
            ("ivan", None),
        ] {
            assert_eq!(without_tag(email).as_deref(), without, "{email}");
        }
    }

    proptest! {
        #[test]
        fn the_parts_make_the_whole(text in "[a-z@+ ,]{0,12}|.{0,40}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(format!("{}@{}", email.local(), email.domain()), text);
                prop_assert_eq!(Email::parse(email.without_tag().as_str()), Ok(email.without_tag()));
            }
        }
    }
}
