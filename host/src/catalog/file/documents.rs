//! Takes a stream of YAML documents apart before it is parsed, so that a file of 100,000 users is never in memory as one tree.
//!
//! This is safe: a line that begins with `---` or `...` is a document marker wherever it stands in YAML, even in the middle of a quoted text.

/// One part of a stream: a document with the marker and the directives before it, ready for a parser.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Document<'t> {
    /// Its text.
    pub(super) text: &'t str,
    /// Lines of the stream before it.
    lines_before: usize,
}

impl Document<'_> {
    /// The text behind as many empty lines as precede it in its file: a parser that reads this counts lines as the file's author does.
    pub(super) fn padded(&self) -> String {
        "\n".repeat(self.lines_before) + self.text
    }
}

/// The documents of a stream, in order. Parts that hold nothing but blanks, comments and markers are left out.
pub(super) fn split(stream: &str) -> impl Iterator<Item = Document<'_>> {
    let (mut rest, mut lines_before) = (stream, 0);
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (text, behind) = rest.split_at(length(rest));
            let document = Document { text, lines_before };
            rest = behind;
            lines_before += text.bytes().filter(|byte| *byte == b'\n').count();
            if text.lines().any(has_content) {
                return Some(document);
            }
        }
        None
    })
}

/// The length of the first document in bytes. A `---` ends a document only once it has begun; a `...` belongs to what it ends.
fn length(stream: &str) -> usize {
    let (mut length, mut begun) = (0, false);
    for line in stream.split_inclusive('\n') {
        if begun && is_marker(line, "---") {
            return length;
        }
        length += line.len();
        begun = begun || is_marker(line, "---") || has_content(line);
        if is_marker(line, "...") {
            return length;
        }
    }
    length
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.trim_start_matches('\u{feff}').strip_prefix(marker).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

/// Whether a line says something: it is no comment, no directive, and more than a bare marker.
fn has_content(line: &str) -> bool {
    let line = line.trim_start_matches('\u{feff}');
    let text = if is_marker(line, "---") || is_marker(line, "...") { &line[3..] } else { line }.trim();
    !(text.is_empty() || text.starts_with('#') || line.starts_with('%'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(stream: &str) -> Vec<&str> {
        split(stream).map(|document| document.text).collect()
    }

    #[test]
    fn a_marker_begins_a_document() {
        assert_eq!(texts("a: 1\n---\nb: 2\n--- # why\nc: 3"), ["a: 1\n", "---\nb: 2\n", "--- # why\nc: 3"]);
        assert_eq!(texts("---\r\na: 1\r\n---\r\nb: 2\r\n"), ["---\r\na: 1\r\n", "---\r\nb: 2\r\n"]);
        assert_eq!(texts("--- {a: 1}\n--- {b: 2}\n"), ["--- {a: 1}\n", "--- {b: 2}\n"]);
    }

    #[test]
    fn what_only_looks_like_a_marker_is_text() {
        assert_eq!(texts("a: |\n  ---\n  text\n----: 1\n").len(), 1);
    }

    #[test]
    fn parts_without_content_are_left_out() {
        assert_eq!(texts(""), [""; 0]);
        assert_eq!(texts("# nothing\n---\n\n---\n# still nothing\n...\n"), [""; 0]);
        assert_eq!(texts("# comment\n---\na: 1\n---\n"), ["# comment\n---\na: 1\n"]);
    }

    #[test]
    fn directives_stay_with_their_document() {
        assert_eq!(texts("%YAML 1.2\n---\na: 1\n...\n%YAML 1.2\n---\nb: 2\n"), ["%YAML 1.2\n---\na: 1\n...\n", "%YAML 1.2\n---\nb: 2\n"]);
    }

    #[test]
    fn padding_keeps_the_line_numbers_of_the_file() {
        let last = split("a: 1\n\n---\nb: 2\n---\nc: 3\n").last().unwrap();
        assert_eq!(last.padded(), "\n\n\n\n---\nc: 3\n");
    }
}
