//! Upper and lower case do not matter in names, and only case does not: what is compared without case goes through [`fold`].
//!
//! Unicode's rules alone are too generous. They lower-case KELVIN SIGN to the letter `k`, so whoever can choose the name `\u{212A}evin` would be
//! kevin. `resolver-sdk/src/fold.rs` says the same for native tests.

use std::borrow::Cow;

/// Lower case by Unicode's default rules, except [look-alikes](is_look_alike), which stay as they are. Copied only where something changes.
pub fn fold(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return text;
    }
    // Piece by piece: the rules look at a letter's neighbours (Σ at the end of a word).
    let pieces = text.split_inclusive(is_look_alike).map(|piece| match piece.char_indices().next_back() {
        Some((at, last)) if is_look_alike(last) => piece[..at].to_lowercase() + &piece[at..],
        _ => piece.to_lowercase(),
    });
    pieces.collect::<String>().into()
}

/// Whether the lower case of a character is that of another letter: of ASCII (`K`, `İ`), or one that a compatibility sign stands for (`Ω`, `Å`, `ϴ`).
pub fn is_look_alike(c: char) -> bool {
    matches!(c, '\u{3F4}' | '\u{2126}' | '\u{212A}' | '\u{212B}') || !c.is_ascii() && c.to_lowercase().any(|lower| lower.is_ascii())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn folded(text: &str) -> String {
        fold(text.into()).into_owned()
    }

    #[test]
    fn case_does_not_matter() {
        for (text, expected) in [("alice", "alice"), ("Alice@Corp", "alice@corp"), ("JÜRGEN", "jürgen"), ("ΟΔΟΣ ΑΣ", "οδος ας"), ("ẞ", "ß"), ("", "")]
        {
            assert_eq!(folded(text), expected);
        }
    }

    #[test]
    fn a_look_alike_is_never_the_letter_that_it_looks_like() {
        for (text, expected) in [("\u{212A}evin", "\u{212A}evin"), ("A\u{212B}\u{2126}Z", "a\u{212B}\u{2126}z"), ("İSMAIL", "İsmail"), ("ϴ", "ϴ")]
        {
            assert_eq!(folded(text), expected);
            assert_eq!(folded(expected), expected, "folding twice changes nothing");
        }
        assert_eq!(('\0'..=char::MAX).filter(|c| is_look_alike(*c)).collect::<String>(), "\u{130}\u{3F4}\u{2126}\u{212A}\u{212B}");
    }

    /// The look-alikes are all there are: besides them, only the title case of four digraphs shares its lower case with another character.
    #[test]
    fn no_two_letters_become_one() {
        let mut known: HashMap<String, char> = HashMap::new();
        let mut same = String::new();
        for c in ('\0'..=char::MAX).filter(|c| folded(&c.to_string()) != c.to_string()) {
            let lower = folded(&c.to_string());
            assert!(c.is_ascii() || !lower.contains(|lower: char| lower.is_ascii()), "{c}");
            same.extend(known.insert(lower, c).map(|_| c));
        }
        assert_eq!(same, "ǅǈǋǲ");
    }
}
