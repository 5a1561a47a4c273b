//! What a guest was shown of tokens and cookies, so that none of it gets into a log by way of the guest's own words.
//!
//! It keeps careless authors from writing credentials down: parts of at least [`LEAST_BYTES`] are masked wherever they stand as they are. A guest that
//! encodes them first, or writes them in pieces, is not stopped, which is why the power is granted and not given. Whatever cuts a text cuts it
//! afterwards: of a part that is cut, the rest would not be found.

use std::{borrow::Cow, collections::HashSet, sync::OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::domain::{error::SignInError, log_text::shortened};

/// Shorter parts say little, and would be found in ordinary words.
const LEAST_BYTES: usize = 8;

/// A client chooses its cookies: beyond so many parts whole texts are masked.
const MOST_PARTS: usize = 1024;

/// Bytes of a text that are looked at: more than any place keeps of it. What follows is dropped.
const MOST_BYTES: usize = 64 * 1024;

/// Bytes of a guest's text that an error of the host quotes.
const QUOTED_BYTES: usize = 100;

const MASK: &str = "***";

/// The values that were shown in one call, and their parts.
#[derive(Default)]
pub(super) struct Revealed {
    values: HashSet<String>,
    parts: HashSet<String>,
    /// Made when the first text is masked.
    finder: OnceLock<Finder>,
}

/// Finds the longest value or part at each place. `None` if there are too many.
struct Finder {
    automaton: Option<AhoCorasick>,
    longest: usize,
}

impl Revealed {
    /// Remembers a header's value: as a whole and by its parts, without `Bearer`, without quotes, and of a cookie what follows its name.
    pub(super) fn show(&mut self, value: &str) {
        if value.len() < LEAST_BYTES || self.values.contains(value) {
            return;
        }
        self.values.insert(value.to_owned());
        self.finder = OnceLock::new();
        let separated = |c: char| c.is_whitespace() || matches!(c, ';' | ',' | '"');
        let words = value.split(separated).flat_map(|word| [Some(word), word.split_once('=').map(|(_, value)| value)]).flatten();
        for part in words.filter(|part| part.len() >= LEAST_BYTES) {
            if self.parts.len() > MOST_PARTS {
                break;
            }
            if !self.parts.contains(part) {
                self.parts.insert(part.to_owned());
            }
        }
    }

    /// The text without any of it, as far as it is looked at.
    pub(super) fn masked<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.masked_up_to(text, MOST_BYTES)
    }

    /// The same for the beginning of a text, of so many bytes.
    pub(super) fn masked_up_to<'a>(&self, text: &'a str, most: usize) -> Cow<'a, str> {
        let end = text.floor_char_boundary(most);
        if self.values.is_empty() || text.is_empty() {
            return Cow::Borrowed(&text[..end]);
        }
        let Finder { automaton, longest } = self.finder.get_or_init(|| self.finder());
        let Some(automaton) = automaton else { return Cow::Borrowed(MASK) };
        // What begins before the end is found as a whole.
        let looked_at = &text[..text.floor_char_boundary(end.saturating_add(*longest))];
        let (mut masked, mut at) = (String::new(), 0);
        for found in automaton.find_iter(looked_at).take_while(|found| found.start() < end) {
            masked.push_str(&text[at..found.start()]);
            masked.push_str(MASK);
            at = found.end();
        }
        if at == 0 {
            return Cow::Borrowed(&text[..end]);
        }
        masked.push_str(text.get(at..end).unwrap_or_default());
        Cow::Owned(masked)
    }

    /// The error without any of it: its message gets into the log too.
    pub(super) fn masked_error(&self, mut error: SignInError) -> SignInError {
        if !self.values.is_empty() {
            error.message = self.masked(&error.message).into_owned().into();
            error.cause = error.cause.map(|cause| self.masked(&cause).into_owned());
        }
        error
    }

    /// What a guest called something, for an error of the host that quotes it.
    pub(super) fn in_short(&self, name: &str) -> String {
        shortened(&self.masked(name), QUOTED_BYTES).into_owned()
    }

    fn finder(&self) -> Finder {
        let longest = self.values.iter().map(String::len).max().unwrap_or_default();
        if self.parts.len() > MOST_PARTS {
            return Finder { automaton: None, longest };
        }
        // The kind that takes the least to build: it is used for a handful of texts.
        let builder = &mut AhoCorasick::builder();
        let builder = builder.match_kind(MatchKind::LeftmostLongest).kind(Some(AhoCorasickKind::NoncontiguousNFA)).prefilter(false);
        Finder { automaton: builder.build(self.values.union(&self.parts)).ok(), longest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revealed(values: &[&str]) -> Revealed {
        let mut revealed = Revealed::default();
        for value in values {
            revealed.show(value);
        }
        revealed
    }

    #[test]
    fn a_value_is_masked_as_a_whole_and_by_its_parts() {
        assert_eq!(revealed(&[]).masked("Bearer opaque-token"), "Bearer opaque-token");
        let revealed = revealed(&["Bearer opaque-token", "_oauth2_proxy=abcdefgh==; theme=dark; short=1234567"]);
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
    fn a_quoted_value_is_masked_without_its_quotes() {
        let value = "session=\"s3cr3t-s3cr3t\"; other=\"x\"";
        let revealed = revealed(&[value]);
        for text in [format!("{value:?}"), "s3cr3t-s3cr3t".to_owned(), format!("{:?}", "\"s3cr3t-s3cr3t\"")] {
            assert!(!revealed.masked(&text).contains("s3cr3t"), "{text}");
        }
    }

    #[test]
    fn what_is_shown_later_is_masked_from_then_on() {
        let mut revealed = revealed(&["first-value"]);
        assert_eq!(revealed.masked("first-value second-value"), "*** second-value");
        revealed.show("second-value");
        revealed.show("second-value");
        assert_eq!(revealed.masked("first-value second-value"), "*** ***");
    }

    #[test]
    fn where_a_text_is_cut_no_half_of_a_value_is_left() {
        let (value, text) = ("s".repeat(50_000), |before: usize| format!("{}{}{}", "é".repeat(before), "s".repeat(50_000), "ü".repeat(100_000)));
        let revealed = revealed(&[&value]);
        for before in [0, 1, 20_000, 32_767, 32_768, 32_769] {
            let text = text(before);
            let masked = revealed.masked(&text);
            assert!(!masked.contains('s') && masked.len() <= MOST_BYTES + MASK.len(), "{before}");
            assert!(masked.starts_with(&"é".repeat(before.min(32_768))));
        }
        assert_eq!(revealed.masked_up_to(&text(0), 5), MASK);
        assert_eq!(revealed.masked_up_to(&text(10), 5), "éé");
    }

    #[test]
    fn too_many_parts_mask_whole_texts_and_the_same_value_costs_nothing() {
        let cookie = (0..6000).map(|nth| format!("word{nth:05}")).collect::<Vec<_>>().join(" ");
        let mut revealed = revealed(&[&cookie]);
        assert_eq!((revealed.masked("anything"), revealed.masked("")), (MASK.into(), "".into()));
        let cookie = cookie[..10_000].to_owned();
        revealed = Revealed::default();
        revealed.show(&cookie);
        assert_eq!(revealed.masked("anything and word00007"), "anything and ***");
        revealed.show(&cookie);
        assert!(revealed.finder.get().is_some(), "nothing is built anew");
    }

    #[test]
    fn an_error_keeps_its_name_and_loses_the_value() {
        let error = SignInError::new(crate::domain::error::ErrorName::NotAllowed, "no opaque-token").because("since opaque-token");
        let masked = revealed(&["opaque-token"]).masked_error(error.clone());
        assert_eq!((masked.name, &*masked.message, masked.cause.as_deref()), (error.name, "no ***", Some("since ***")));
    }

    #[test]
    fn what_is_quoted_is_masked_and_short() {
        let revealed = revealed(&["opaque-token"]);
        assert_eq!(revealed.in_short("an opaque-token"), "an ***");
        assert!(revealed.in_short(&"x".repeat(5000)).len() < 110);
    }
}
