//! The patterns of `backend.cors.origin`: minimatch's, without case and with `**` meaning `*`, as Backstage sets it up.
//!
//! What is translated matches exactly what minimatch 10 matches; what is not translated (extended globs, escapes, number ranges, classes of more than
//! letters, digits, `-`, `.` and `_`) is an error, so that no pattern silently lets other origins in. Matching takes linear time.

use regex::bytes::{Regex, RegexBuilder};

/// The alternatives of all braces together, more than which nobody means.
const MOST_ALTERNATIVES: usize = 256;

/// A pattern that origins are compared with.
#[derive(Debug, Clone)]
pub struct OriginPattern {
    text: String,
    negated: bool,
    alternatives: Vec<Vec<Segment>>,
}

/// What one part between slashes must look like.
#[derive(Debug, Clone)]
struct Segment {
    regex: Regex,
    /// It begins with a wildcard, which stands for no dot at the beginning.
    no_leading_dot: bool,
}

/// Why a pattern is not translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OriginPatternError {
    /// `?(…)` and the like.
    #[error("extended globs, such as +(a|b), are not supported: write one pattern for each")]
    Extended,
    /// A backslash or a dollar sign.
    #[error("\\ and $ stand in no origin, and escapes are not supported")]
    Escape,
    /// `{1..3}`, `{a}`, `{`.
    #[error("braces must hold alternatives, such as {{a,b}}: number ranges and braces that do not close are not supported")]
    Braces,
    /// `[[:alpha:]]`, `[`.
    #[error("a class may hold letters, digits, '.', '_' and ranges such as a-z, and must close")]
    Class,
    /// `#…`, `!`, `.`, `..`.
    #[error("it would match no origin")]
    Nothing,
    /// Too many alternatives.
    #[error("its braces stand for too many alternatives")]
    TooMany,
}

impl OriginPattern {
    /// Translates a pattern.
    pub fn new(text: &str) -> Result<Self, OriginPatternError> {
        let pattern = text.trim_start_matches('!');
        if pattern.is_empty() || text.starts_with('#') {
            return Err(OriginPatternError::Nothing);
        }
        if pattern.contains(['\\', '$']) {
            return Err(OriginPatternError::Escape);
        }
        if ["?(", "*(", "+(", "@(", "!("].iter().any(|extended| text.contains(extended)) {
            return Err(OriginPatternError::Extended);
        }
        let negated = (text.len() - pattern.len()) % 2 == 1;
        let alternatives = expanded(pattern)?.iter().map(|pattern| parts(pattern.as_bytes()).map(segment).collect()).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), negated, alternatives })
    }

    /// Whether an origin matches; without one, the empty text.
    pub fn matches(&self, origin: &[u8]) -> bool {
        self.alternatives.iter().any(|segments| fits(segments, origin)) != self.negated
    }
}

impl PartialEq for OriginPattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for OriginPattern {}

fn fits(segments: &[Segment], origin: &[u8]) -> bool {
    let mut given = parts(origin);
    let all = segments.iter().all(|segment| given.next().is_some_and(|part| segment.fits(part)));
    // A slash at the end of what is compared does not matter.
    all && given.next().is_none_or(<[u8]>::is_empty) && given.next().is_none()
}

impl Segment {
    fn fits(&self, part: &[u8]) -> bool {
        !(self.no_leading_dot && part.starts_with(b".")) && self.regex.is_match(part)
    }
}

/// What stands between slashes; several count as one.
fn parts(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let all = || text.split(|byte| *byte == b'/');
    let last = all().count() - 1;
    all().enumerate().filter(move |(index, part)| !part.is_empty() || *index == 0 || *index == last).map(|(_, part)| part)
}

/// The patterns that braces stand for.
fn expanded(pattern: &str) -> Result<Vec<String>, OriginPatternError> {
    let Some(open) = pattern.find('{') else {
        return if pattern.contains('}') { Err(OriginPatternError::Braces) } else { Ok(vec![pattern.to_owned()]) };
    };
    let (mut depth, mut from, mut choices, mut close) = (0_usize, open + 1, Vec::new(), None);
    for (at, c) in pattern.char_indices().skip_while(|(at, _)| *at < open) {
        match c {
            '{' => depth += 1,
            ',' if depth == 1 => {
                choices.push(&pattern[from..at]);
                from = at + 1;
            }
            '}' if depth == 1 => {
                choices.push(&pattern[from..at]);
                close = Some(at);
                break;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    let close = close.filter(|_| choices.len() > 1 && open > 0).ok_or(OriginPatternError::Braces)?;
    let mut all = Vec::new();
    for choice in choices {
        all.extend(expanded(&format!("{}{choice}{}", &pattern[..open], &pattern[close + 1..]))?);
        if all.len() > MOST_ALTERNATIVES {
            return Err(OriginPatternError::TooMany);
        }
    }
    Ok(all)
}

fn segment(part: &[u8]) -> Result<Segment, OriginPatternError> {
    if matches!(part, b"." | b"..") {
        return Err(OriginPatternError::Nothing);
    }
    let text = std::str::from_utf8(part).map_err(|_| OriginPatternError::Nothing)?;
    let only_stars = !text.is_empty() && text.bytes().all(|byte| byte == b'*');
    let mut regex = String::from(if only_stars { ".+" } else { "" });
    let mut rest = if only_stars { "" } else { text };
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => rest = class(rest, &mut regex)?,
            ']' => return Err(OriginPatternError::Class),
            c if c.is_ascii() => regex.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
            _ => return Err(OriginPatternError::Nothing),
        }
    }
    let built = RegexBuilder::new(&format!(r"\A(?:{regex})\z")).unicode(false).case_insensitive(true).dot_matches_new_line(true).build();
    let regex = built.map_err(|_| OriginPatternError::TooMany)?;
    Ok(Segment { regex, no_leading_dot: text.starts_with(['*', '?', '[']) })
}

/// Translates a class whose bracket is open; what follows it.
fn class<'a>(rest: &'a str, regex: &mut String) -> Result<&'a str, OriginPatternError> {
    let (inside, after) = rest.split_once(']').ok_or(OriginPatternError::Class)?;
    let members = inside.trim_start_matches(['!', '^']);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if members.is_empty() || inside.len() - members.len() > 1 || !members.chars().all(plain) || members.contains("--") {
        return Err(OriginPatternError::Class);
    }
    let negation = if members.len() < inside.len() { "^" } else { "" };
    // A hyphen at either end means itself; ranges are the same in both notations.
    let trimmed = members.trim_matches('-');
    let hyphen = if trimmed.len() < members.len() { r"\-" } else { "" };
    let ranges_are_sound = trimmed.split('-').collect::<Vec<_>>().windows(2).all(|pair| match (pair[0].chars().last(), pair[1].chars().next()) {
        (Some(from), Some(to)) => from <= to && from.is_ascii_alphanumeric() && to.is_ascii_alphanumeric(),
        _ => false,
    });
    if !ranges_are_sound {
        return Err(OriginPatternError::Class);
    }
    regex.extend(["[", negation, trimmed, hyphen, "]"]);
    Ok(after)
}

#[cfg(test)]
mod tests;
