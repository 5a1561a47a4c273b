//! The result of cases, for people.

use std::fmt::Write;

use crate::{
    cases::{CaseReport, Difference, Report},
    domain::log_text::printable,
};

/// Hex digits of a digest that tell one component from another, behind `sha256:`.
const SHORT_DIGEST: usize = 19;

/// One line a case; what is wrong with a failed one; and a line that sums up.
pub(super) fn text(reports: &[Report]) -> String {
    let mut text = String::new();
    for report in reports {
        let digest = report.digest.as_deref().map_or("not loaded", |digest| digest.get(..SHORT_DIGEST).unwrap_or(digest));
        let _ = writeln!(text, "{} ({digest}…) with {}", report.component, report.file);
        report.cases.iter().for_each(|case| write_case(&mut text, case));
    }
    let (cases, failed) = (reports.iter().map(|report| report.cases.len()).sum::<usize>(), reports.iter().map(Report::failed).sum::<usize>());
    let _ = match failed {
        0 => writeln!(text, "\n{cases} passed"),
        failed => writeln!(text, "\n{failed} FAILED, {} passed", cases - failed),
    };
    text
}

fn write_case(text: &mut String, case: &CaseReport) {
    let word = if case.passed { "ok" } else { "FAILED" };
    let _ = writeln!(text, "  {word:<7} {}", printable(&case.name));
    if case.passed {
        return;
    }
    for difference in &case.differences {
        write_difference(text, difference);
    }
    for fault in &case.faults {
        let _ = writeln!(text, "          fault: {}", printable(fault));
    }
    for (nth, line) in case.record.iter().enumerate() {
        let label = if nth == 0 { "record:" } else { "" };
        let _ = writeln!(text, "          {label:<7} {line}");
    }
}

/// Lines that both have stand once; a `-` was expected and is missing, a `+` came and was not expected.
fn write_difference(text: &mut String, difference: &Difference) {
    let Difference { member, expected, got } = difference;
    let _ = writeln!(text, "          {member}:");
    for (sign, line) in diff(expected, got) {
        let _ = writeln!(text, "          {sign} {line}");
    }
}

/// The longest common subsequence stays; these lists have a handful of lines.
fn diff<'a>(expected: &'a [String], got: &'a [String]) -> Vec<(char, &'a str)> {
    let mut common = vec![vec![0_usize; got.len() + 1]; expected.len() + 1];
    for (i, wanted) in expected.iter().enumerate().rev() {
        for (j, came) in got.iter().enumerate().rev() {
            common[i][j] = if wanted == came { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < expected.len() || j < got.len() {
        if i < expected.len() && j < got.len() && expected[i] == got[j] {
            lines.push((' ', expected[i].as_str()));
            (i, j) = (i + 1, j + 1);
        } else if i < expected.len() && (j == got.len() || common[i + 1][j] >= common[i][j + 1]) {
            lines.push(('-', expected[i].as_str()));
            i += 1;
        } else {
            lines.push(('+', got[j].as_str()));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(expected: &str, got: &str) -> String {
        let lines = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let (expected, got) = (lines(expected), lines(got));
        diff(&expected, &got).into_iter().map(|(sign, line)| format!("{sign}{line}")).collect::<Vec<_>>().join(" ").replace("  ", " ")
    }

    #[test]
    fn what_both_have_stands_once_and_in_order() {
        assert_eq!(shown("abc", "abc"), " a b c");
        assert_eq!(shown("ab", "ac"), " a -b +c");
        assert_eq!(shown("ab", "ba"), "-a b +a");
        assert_eq!(shown("", "a"), "+a");
        assert_eq!(shown("a", ""), "-a");
    }
}
