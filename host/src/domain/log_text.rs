//! Text from outside as it may stand in a log: one bounded line, without addresses and without tokens.

use std::borrow::Cow;

/// Bytes of one line.
pub const MAX_LINE_BYTES: usize = 1000;

/// One line of printable text without e-mail addresses, at most [`MAX_LINE_BYTES`] long.
pub fn log_text(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(MAX_LINE_BYTES));
    for word in text.split_inclusive(char::is_whitespace) {
        let masked = word.contains('@') || looks_like_token(word);
        let word = if masked { "***" } else { word };
        for c in word.chars() {
            if line.len() + 10 > MAX_LINE_BYTES {
                line.push('…');
                return line;
            }
            if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
        }
        if masked {
            line.push(' ');
        }
    }
    line
}

/// The whole text without what a terminal would obey: for whoever is shown their own data.
pub fn printable(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

/// The beginning of a text, with an ellipsis where more than so many bytes stood.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most { Cow::Borrowed(text) } else { Cow::Owned(format!("{}…", &text[..text.floor_char_boundary(most)])) }
}

/// Three long base64url segments: a JWT.
fn looks_like_token(word: &str) -> bool {
    word.len() > 40 && word.contains("eyJ") && word.matches('.').count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_holds_no_control_character_no_address_and_no_token() {
        assert_eq!(log_text("hello\nworld\u{1b}[31m"), "hello\\nworld\\u{1b}[31m");
        assert_eq!(log_text("user alice@corp.example came"), "user *** came");
        assert_eq!(log_text("token eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJzIn0.c2ln end"), "token *** end");
        assert!(log_text(&"x".repeat(5000)).len() <= MAX_LINE_BYTES);
    }
}
