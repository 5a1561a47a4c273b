//! Environment variables in values: `${VAR}`, `${VAR:-default}`, and `$${VAR}` for a literal `${VAR}`.
//!
//! A variable that is not set makes the *whole* value absent, so `token: ${TOKEN}` needs no second file where there is no token.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::{Captures, Regex};

/// The variables by name, as the process got them.
pub(super) type Environment = BTreeMap<String, String>;

/// A reference, escaped or not. Braces do not nest.
static REFERENCE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(\$?)\$\{([^{}]*)\}").expect("the pattern is constant"));

/// A variable without surrounding blanks; `None` if it is not set. Empty is set.
pub(super) fn variable<'a>(name: &str, environment: &'a Environment) -> Option<&'a str> {
    environment.get(name).map(|value| value.trim())
}

/// The text with its references replaced, or `None` where one of them has no value.
pub(super) fn substitute(text: &str, environment: &Environment) -> Option<String> {
    let mut complete = true;
    let replaced = REFERENCE.replace_all(text, |reference: &Captures<'_>| {
        if &reference[1] == "$" {
            return reference[0][1..].to_owned();
        }
        let value = value_of(&reference[2], environment);
        complete &= value.is_some();
        value.unwrap_or_default().to_owned()
    });
    complete.then(|| replaced.into_owned())
}

fn value_of<'a>(reference: &'a str, environment: &'a Environment) -> Option<&'a str> {
    match reference.split_once(":-") {
        None => variable(reference.trim(), environment),
        Some((name, default)) => {
            let set = variable(name.trim(), environment).filter(|value| !value.is_empty());
            set.or(Some(default.trim()).filter(|default| !default.is_empty()))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn environment() -> Environment {
        [("HOST", "example.org"), ("PORT", " 7107\n"), ("EMPTY", "")].map(|(name, value)| (name.into(), value.into())).into()
    }

    fn substituted(text: &str) -> Option<String> {
        substitute(text, &environment())
    }

    #[test]
    fn variables_are_put_in_without_their_blanks() {
        assert_eq!(substituted("https://${HOST}:${ PORT }/api").unwrap(), "https://example.org:7107/api");
        assert_eq!(substituted("[${EMPTY}]").unwrap(), "[]");
        assert_eq!(substituted("nothing to do").unwrap(), "nothing to do");
    }

    #[test]
    fn a_variable_that_is_not_set_takes_the_whole_value_with_it() {
        assert_eq!(substituted("https://${HOST}/${UNSET}"), None);
        assert_eq!(substituted("${}"), None);
    }

    #[test]
    fn a_default_stands_in_for_unset_and_for_empty() {
        assert_eq!(substituted("${UNSET:-x}${EMPTY:- y }${HOST:-z}").unwrap(), "xyexample.org");
        assert_eq!(substituted("${UNSET:-a:-b}").unwrap(), "a:-b");
        assert_eq!(substituted("${UNSET:-}"), None);
        assert_eq!(substituted("${EMPTY:-}"), None);
    }

    #[test]
    fn two_dollars_are_an_escape_and_other_dollars_are_text() {
        assert_eq!(substituted("$${HOST}").unwrap(), "${HOST}");
        assert_eq!(substituted("$$${HOST}").unwrap(), "$${HOST}");
        assert_eq!(substituted("$${UNSET} $HOST $ ${ {} }").unwrap(), "${UNSET} $HOST $ ${ {} }");
        assert_eq!(substituted("${HOST").unwrap(), "${HOST");
    }

    #[test]
    fn what_is_put_in_is_not_looked_at_again() {
        let environment = Environment::from([("A".into(), "${B}".into()), ("B".into(), "b".into())]);
        assert_eq!(substitute("${A}", &environment).unwrap(), "${B}");
    }

    proptest! {
        #[test]
        fn an_escaped_text_comes_back_as_it_was(parts in prop::collection::vec(prop_oneof!["[^${}]{0,5}", "[$]{0,1}[$][{][^{}]{0,5}[}]"], 0..6)) {
            let text = parts.concat();
            let escaped = REFERENCE.replace_all(&text, "$$$0").into_owned();
            prop_assert_eq!(substituted(&escaped), Some(text));
        }

        #[test]
        fn it_never_panics(text in "\\PC*", dollars in "[${}:A-]{0,20}") {
            let _ = substituted(&text);
            let _ = substituted(&dollars);
        }

        #[test]
        fn a_text_without_references_stays(text in "[^$]*") {
            prop_assert_eq!(substituted(&text), Some(text));
        }
    }
}
