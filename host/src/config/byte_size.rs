//! Sizes in bytes: a number, or a number with a unit, `64MiB`, `1 MiB`, `500kB`. `k` is a thousand, `Ki` is 1024.

const UNITS: [(&str, usize); 7] =
    [("b", 1), ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30)];

/// The size as text, in any case; `None` if it is none, or more than there can be.
pub(super) fn parse(text: &str) -> Option<usize> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: usize = number.parse().ok()?;
    let unit = unit.trim_start().to_ascii_lowercase();
    if unit.is_empty() {
        return Some(number);
    }
    let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*bytes)
}

/// The size in the largest unit that divides it.
pub(super) fn show(bytes: usize) -> String {
    match bytes {
        0 => "0 B".into(),
        _ if bytes.is_multiple_of(1 << 30) => format!("{} GiB", bytes >> 30),
        _ if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn units_are_binary_with_an_i_and_decimal_without() {
        for (text, expected) in
            [("64MiB", 64 << 20), ("1 MiB", 1 << 20), ("500kB", 500_000), ("2GB", 2_000_000_000), ("1 gib", 1 << 30), ("12", 12), ("12 B", 12)]
        {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        for text in ["", "MiB", "1.5MiB", "-1", "64Mi", "64M", "1 MiB x", "99999999999999999999", "99999999999 GiB"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_as_the_same(bytes: usize) {
            prop_assert_eq!(parse(&show(bytes)), Some(bytes));
        }

        #[test]
        fn it_never_panics(text in "\\PC{0,12}") {
            let _ = parse(&text);
        }
    }
}
