//! Names that a catalog can hold, made of what people are called elsewhere, by the same rules as whoever filled the catalog.
//!
//! What comes out is always a name that Backstage's catalog accepts. What goes in is hostile: only ASCII letters are lower-cased, so that no sign
//! becomes the letter that it looks like.

use crate::Error;

mod distinct;

/// The longest name in bytes. Source: `isValidObjectName` of Backstage's catalog model, as the alphabet and the edges below.
const MAX_BYTES: usize = 63;

/// How the name of an entity is made of another text: lower case, and something for each character that a name cannot hold. A name holds ASCII letters
/// and digits, and between them `-`, `_` and `.`.
///
/// ```
/// use resolver_sdk::NameRules;
///
/// assert_eq!(NameRules::catalog().clean("Jane Doe/Admin@X")?, "jane-doe-admin-x");
/// assert_eq!(NameRules::microsoft_graph().clean("Jane.Doe@corp.example")?, "jane.doe_corp.example");
/// assert!(NameRules::catalog().clean("***").is_err());
/// assert!(NameRules::strict().clean("jane doe").is_err());
/// # Ok::<(), resolver_sdk::Error>(())
/// ```
///
/// **Cleaning makes one name of several:** `alice+`, `+alice` and `alice` are all `alice`. Clean what somebody chose for themselves only where the
/// directory keeps such twins apart, or make the rules [`distinct`](Self::distinct). An annotation that holds the original is safer than any rule.
#[derive(Debug, Clone, Copy)]
pub struct NameRules {
    /// What stands for a character that a name cannot hold; without it such a character is refused.
    replacement: Option<char>,
    /// Characters for which nothing stands.
    dropped: &'static str,
    /// Whether several replacements in a row become one.
    collapses: bool,
    /// Whether blanks around the text are no part of it.
    trims_blanks: bool,
    /// Signs that are cut off in front.
    trimmed_in_front: &'static str,
    /// Signs that are cut off behind.
    trimmed_behind: &'static str,
    /// Whether two texts must not become one name.
    distinct: bool,
}

impl NameRules {
    /// No rule but lower case: what is not a name is refused.
    pub const fn strict() -> Self {
        Self { replacement: None, dropped: "", collapses: false, trims_blanks: false, trimmed_in_front: "", trimmed_behind: "", distinct: false }
    }

    /// A name for any text: `-` for what a name cannot hold, and letters or digits at both ends.
    pub const fn catalog() -> Self {
        Self { replacement: Some('-'), trimmed_in_front: "-_.", trimmed_behind: "-_.", ..Self::strict() }
    }

    /// The name that Backstage's provider for Microsoft Graph gives a user (of their mail address) or a group (of its display name or mail nickname):
    /// `_` for what a name cannot hold, one in a row and none at the end.
    ///
    /// It lower-cases by Unicode's rules; here only ASCII letters are, and a user of another name is not found.
    pub const fn microsoft_graph() -> Self {
        Self { replacement: Some('_'), collapses: true, trims_blanks: true, trimmed_behind: "_", ..Self::strict() }
    }

    /// The user name that the community's provider for Keycloak makes with its `sanitizeUserNameTransformer`: `-` for what a name cannot hold.
    pub const fn keycloak() -> Self {
        Self { replacement: Some('-'), ..Self::strict() }
    }

    /// The same rules with another sign for what a name cannot hold: `-`, `_` or `.`.
    #[must_use]
    pub const fn replacing_with(self, sign: char) -> Self {
        Self { replacement: Some(sign), ..self }
    }

    /// The same rules, and nothing at all stands for these characters: `o'neil` without `'` is `oneil`.
    #[must_use]
    pub const fn dropping(self, characters: &'static str) -> Self {
        Self { dropped: characters, ..self }
    }

    /// The same rules, and several replacements in a row become one.
    #[must_use]
    pub const fn collapsing(self) -> Self {
        Self { collapses: true, ..self }
    }

    /// The same rules, and texts that differ in more than the case of ASCII letters get names that differ: one that had to be changed or cut ends with
    /// 8 digits of its SHA-256. So does one that already looks like that, or it could be chosen to be somebody else's.
    ///
    /// ```
    /// use resolver_sdk::NameRules;
    ///
    /// let rules = NameRules::catalog().dropping("'").distinct();
    /// assert_eq!(rules.clean("bob.smith")?, "bob.smith");
    /// assert_eq!(rules.clean("alice+ci")?, "alice-ci-53acea4e");
    /// assert_eq!(rules.clean("o'neil")?, "oneil-eb1aed4f");
    /// # Ok::<(), resolver_sdk::Error>(())
    /// ```
    ///
    /// 32 bits keep accidents away, and nobody who may try four thousand million names.
    #[must_use]
    pub const fn distinct(self) -> Self {
        Self { distinct: true, ..self }
    }

    /// The name of the entity.
    ///
    /// An error `input` if nothing is left, the rest has more than 63 characters (unless the rules are [`distinct`](Self::distinct), which cut it), or
    /// it would not begin and end with a letter or digit.
    pub fn clean(&self, text: &str) -> Result<String, Error> {
        let text = if self.trims_blanks { text.trim() } else { text };
        let mut name = self.replace(text)?;
        if self.distinct {
            name = distinct::from_all_others(name, text);
        }
        if is_name(&name) { Ok(name) } else { Err(Error::input("The name cannot be made the name of an entity")) }
    }

    /// Lower case, a sign for each character that a name cannot hold, and the edges cut off.
    fn replace(&self, text: &str) -> Result<String, Error> {
        let mut name = String::with_capacity(text.len());
        for c in text.chars().filter(|c| !self.dropped.contains(*c)) {
            let c = if is_name_character(c) { Some(c.to_ascii_lowercase()) } else { self.replacement };
            let c = c.ok_or(Error::input("The name holds what no name of an entity can hold"))?;
            if !(self.collapses && self.replacement == Some(c) && name.ends_with(c)) {
                name.push(c);
            }
        }
        let name = name.trim_start_matches(|c| self.trimmed_in_front.contains(c)).trim_end_matches(|c| self.trimmed_behind.contains(c));
        Ok(name.to_owned())
    }
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')
}

/// Whether the catalog accepts it.
fn is_name(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    name.len() <= MAX_BYTES && name.chars().all(is_name_character) && edge(name.chars().next()) && edge(name.chars().next_back())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ErrorName;

    /// What a text becomes, and `-` where it is refused.
    fn cleaned(rules: NameRules, text: &str) -> String {
        rules.clean(text).unwrap_or_else(|error| {
            assert_eq!(error.name(), ErrorName::Input);
            "-".to_owned()
        })
    }

    #[test]
    fn each_preset_has_the_rules_of_those_it_is_named_after() {
        for (text, strict, catalog, graph, keycloak) in [
            ("Alice", "alice", "alice", "alice", "alice"),
            ("bob.smith", "bob.smith", "bob.smith", "bob.smith", "bob.smith"),
            ("Jane Doe/Admin@X", "-", "jane-doe-admin-x", "jane_doe_admin_x", "jane-doe-admin-x"),
            ("invalid@user", "-", "invalid-user", "invalid_user", "invalid-user"),
            ("My Group (Reader)", "-", "my-group--reader", "my_group_reader", "-"),
            ("  jane  ", "-", "jane", "jane", "-"),
            ("a__b", "a__b", "a__b", "a_b", "a__b"),
            ("a--b", "a--b", "a--b", "a--b", "a--b"),
            ("--x--", "-", "x", "-", "-"),
            ("_alice", "-", "alice", "-", "-"),
            ("jöhn", "-", "j-hn", "j_hn", "j-hn"),
            ("***", "-", "-", "-", "-"),
            ("", "-", "-", "-", "-"),
        ] {
            assert_eq!(cleaned(NameRules::strict(), text), strict, "strict {text}");
            assert_eq!(cleaned(NameRules::catalog(), text), catalog, "catalog {text}");
            assert_eq!(cleaned(NameRules::microsoft_graph(), text), graph, "microsoft_graph {text}");
            assert_eq!(cleaned(NameRules::keycloak(), text), keycloak, "keycloak {text}");
        }
    }

    #[test]
    fn rules_can_be_changed() {
        assert_eq!(cleaned(NameRules::catalog().replacing_with('_'), "a b"), "a_b");
        assert_eq!(cleaned(NameRules::catalog().collapsing(), "a (b)"), "a-b");
        assert_eq!(cleaned(NameRules::strict().dropping("' "), "O'Neil Jr"), "oneiljr");
        assert_eq!(cleaned(NameRules::keycloak().replacing_with('/'), "a b"), "-", "no name holds a slash, whatever the rules say");
    }

    #[test]
    fn a_sign_does_not_become_the_letter_that_it_looks_like() {
        for rules in [NameRules::keycloak(), NameRules::microsoft_graph()] {
            assert_eq!(cleaned(rules, "\u{212A}evin"), "-");
            assert_ne!(cleaned(rules, "mar\u{212A}"), "mark");
        }
        assert_eq!(cleaned(NameRules::strict(), "mar\u{212A}"), "-");
        assert_eq!(cleaned(NameRules::catalog(), "a\u{202E}b\0c\nd"), "a-b-c-d");
    }

    #[test]
    fn a_name_that_is_too_long_is_refused_or_cut_where_that_is_safe() {
        let name = "a".repeat(63);
        assert_eq!(cleaned(NameRules::catalog(), &name), name);
        assert_eq!(cleaned(NameRules::catalog(), &format!("{name}b")), "-", "cut, it would be somebody else's");
        let long = |end: &str| NameRules::catalog().distinct().clean(&format!("{name}{end}")).unwrap();
        assert_eq!(long("b").len(), 63);
        assert_ne!(long("b"), long("c"));
        assert_eq!(cleaned(NameRules::catalog(), &"x".repeat(1 << 20)), "-");
    }

    #[test]
    fn a_distinct_name_cannot_be_chosen() {
        let rules = NameRules::catalog().distinct();
        let alice = cleaned(rules, "alice+ci");
        assert_eq!(alice, "alice-ci-53acea4e");
        assert_eq!(cleaned(rules, "Alice+CI"), alice, "case does not make another person");
        for text in [&*alice, "alice-ci", "alice.ci", "alice+ci+", "+alice+ci", "alice ci", "alice\u{2795}ci"] {
            assert_ne!(cleaned(rules, text), alice, "{text}");
        }
        assert_eq!(cleaned(rules, "***"), "-");
    }

    proptest! {
        #[test]
        fn whatever_comes_out_is_a_name(text in ".{0,80}|[a-c+_. -]{0,80}", collapses: bool, distinct: bool) {
            for rules in [NameRules::strict(), NameRules::catalog(), NameRules::microsoft_graph(), NameRules::keycloak()] {
                let rules = NameRules { collapses: rules.collapses || collapses, distinct, ..rules };
                if let Ok(name) = rules.clean(&text) {
                    prop_assert!(is_name(&name) && name == name.to_ascii_lowercase(), "{}", name);
                    // What is a name already stays as it is.
                    prop_assert_eq!(NameRules::strict().clean(&name), Ok(name));
                }
            }
        }

        #[test]
        fn distinct_texts_have_distinct_names(one in "[ab+_.-]{1,12}", other in "[ab+_.-]{1,12}") {
            let rules = NameRules::catalog().distinct();
            if let (Ok(name), Ok(other_name)) = (rules.clean(&one), rules.clean(&other)) {
                prop_assert_eq!(name == other_name, one == other);
            }
        }
    }
}
