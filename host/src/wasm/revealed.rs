//! What a guest was shown of tokens and cookies, so that none of it gets into a log by way of the guest's own words.
//!
//! It keeps careless authors from writing credentials down: their parts are masked wherever they stand as they are. A guest that encodes them first
//! is not stopped, which is why the power is granted and not given.

use std::borrow::Cow;

use crate::domain::error::SignInError;

/// Shorter parts say little, and would be found in ordinary words.
const LEAST_BYTES: usize = 8;

const MASK: &str = "***";

/// Parts of the values that were shown in one call.
#[derive(Default)]
pub(super) struct Revealed(Vec<String>);

impl Revealed {
    /// Remembers a header's value: as a whole and by its parts, without `Bearer`, and of a cookie what follows its name.
    pub(super) fn show(&mut self, value: &str) {
        let separated = |c: char| c.is_whitespace() || matches!(c, ';' | ',');
        let words = value.split(separated).flat_map(|word| [Some(word), word.split_once('=').map(|(_, value)| value)]).flatten();
        let parts = std::iter::once(value).chain(words).filter(|part| part.len() >= LEAST_BYTES);
        for part in parts {
            if !self.0.iter().any(|known| known == part) {
                self.0.push(part.to_owned());
            }
        }
        // A part of a part would leave the rest of it.
        self.0.sort_by_key(|part| std::cmp::Reverse(part.len()));
    }

    /// The text without any of it.
    pub(super) fn masked<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = self.0.iter().filter(|part| text.contains(part.as_str()));
        found.fold(Cow::Borrowed(text), |text, part| Cow::Owned(text.replace(part.as_str(), MASK)))
    }

    /// The error without any of it: its message gets into the log too.
    pub(super) fn masked_error(&self, mut error: SignInError) -> SignInError {
        if !self.0.is_empty() {
            error.message = self.masked(&error.message).into_owned().into();
            error.cause = error.cause.map(|cause| self.masked(&cause).into_owned());
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_masked_as_a_whole_and_by_its_parts() {
        let mut revealed = Revealed::default();
        assert_eq!(revealed.masked("Bearer opaque-token"), "Bearer opaque-token");
        revealed.show("Bearer opaque-token");
        revealed.show("_oauth2_proxy=abcdefgh==; theme=dark; short=1234567");
        for (text, masked) in [
            ("it was Bearer opaque-token, twice: opaque-token", "it was ***, twice: ***"),
            ("xopaque-tokenx", "x***x"),
            ("_oauth2_proxy=abcdefgh==", "***"),
            ("only abcdefgh==", "only ***"),
            ("dark theme, bearer of news", "dark theme, bearer of news"),
        ] {
            assert_eq!(revealed.masked(text), masked);
        }
    }

    #[test]
    fn an_error_keeps_its_name_and_loses_the_value() {
        let mut revealed = Revealed::default();
        revealed.show("opaque-token");
        let error = SignInError::new(crate::domain::error::ErrorName::NotAllowed, "no opaque-token").because("since opaque-token");
        let masked = revealed.masked_error(error.clone());
        assert_eq!((masked.name, &*masked.message, masked.cause.as_deref()), (error.name, "no ***", Some("since ***")));
    }
}
