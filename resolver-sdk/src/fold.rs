//! Comparing names as the host does (`host/src/domain/fold.rs`): case does not matter, and a sign is never the letter that it looks like.

use std::borrow::Cow;

/// Lower case by Unicode's default rules, except [look-alikes](is_look_alike), which stay as they are.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        return text.into();
    }
    // Piece by piece: the rules look at a letter's neighbours (Σ at the end of a word).
    let pieces = text.split_inclusive(is_look_alike).map(|piece| match piece.char_indices().next_back() {
        Some((at, last)) if is_look_alike(last) => piece[..at].to_lowercase() + &piece[at..],
        _ => piece.to_lowercase(),
    });
    pieces.collect::<String>().into()
}

/// Whether two texts differ in nothing but case.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one == other || fold(one) == fold(other)
}

/// Whether the lower case of a character is that of another letter: of ASCII (`K`, `İ`), or one that a compatibility sign stands for (`Ω`, `Å`, `ϴ`).
///
/// All of them by name: a component that only asks for them needs no tables of letters.
pub(crate) fn is_look_alike(c: char) -> bool {
    matches!(c, '\u{130}' | '\u{3F4}' | '\u{2126}' | '\u{212A}' | '\u{212B}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_other_character_has_the_lower_case_of_a_letter_of_ascii() {
        let becomes_ascii = |c: &char| !c.is_ascii() && c.to_lowercase().any(|lower| lower.is_ascii());
        assert!(('\0'..=char::MAX).filter(becomes_ascii).all(is_look_alike));
    }
}
