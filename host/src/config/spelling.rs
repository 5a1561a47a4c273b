//! "Did you mean": the known word that a mistyped one is nearest to.

/// The nearest of the known words, if it is near enough to be meant: a third of its letters may differ.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = |candidate: &&'a str| (distance(word, candidate), *candidate);
    let (distance, candidate) = known.iter().map(near).min()?;
    (distance <= candidate.chars().count().div_ceil(3)).then_some(candidate)
}

/// How many letters to add, drop or change, whatever their case.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let known = ["listen", "components", "stateDir", "limits", "trust"];
        assert_eq!(nearest("component", &known), Some("components"));
        assert_eq!(nearest("statedir", &known), Some("stateDir"));
        assert_eq!(nearest("limit", &known), Some("limits"));
        assert_eq!(nearest("lisetn", &known), Some("listen"));
        assert_eq!(nearest("admin", &known), None);
        assert_eq!(nearest("", &known), None);
        assert_eq!(nearest("x", &[]), None);
    }
}
