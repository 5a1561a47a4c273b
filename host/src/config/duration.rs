//! The three ways in which Backstage writes a duration: `{ minutes: 15 }`, ISO 8601 `PT15M`, and `15m` or `15 minutes`.
//!
//! A year has 365 days and a month 30, as in Backstage. A number without a unit is refused: nobody can tell what it counts.

use std::time::Duration;

const SECOND: f64 = 1000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;
const WEEK: f64 = 7.0 * DAY;
const MONTH: f64 = 30.0 * DAY;
const YEAR: f64 = 365.0 * DAY;

/// The members of the object form, with their milliseconds.
pub(super) const MEMBERS: [(&str, f64); 8] = [
    ("years", YEAR),
    ("months", MONTH),
    ("weeks", WEEK),
    ("days", DAY),
    ("hours", HOUR),
    ("minutes", MINUTE),
    ("seconds", SECOND),
    ("milliseconds", 1.0),
];

/// The units of the text form, as the `ms` library of npm knows them, in any case.
const UNITS: [(&[&str], f64); 7] = [
    (&["years", "year", "yrs", "yr", "y"], YEAR),
    (&["weeks", "week", "w"], WEEK),
    (&["days", "day", "d"], DAY),
    (&["hours", "hour", "hrs", "hr", "h"], HOUR),
    (&["minutes", "minute", "mins", "min", "m"], MINUTE),
    (&["seconds", "second", "secs", "sec", "s"], SECOND),
    (&["milliseconds", "millisecond", "msecs", "msec", "ms"], 1.0),
];

const ISO_DATE: [(char, f64); 4] = [('Y', YEAR), ('M', MONTH), ('W', WEEK), ('D', DAY)];
const ISO_TIME: [(char, f64); 3] = [('H', HOUR), ('M', MINUTE), ('S', SECOND)];

/// A duration of that many milliseconds; `None` if it is negative or beyond all bounds.
pub(super) fn of_milliseconds(milliseconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(milliseconds / SECOND).ok()
}

/// A duration in ISO or text form.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim();
    let milliseconds = if text.starts_with('P') { iso(text) } else { words(text) };
    milliseconds.and_then(of_milliseconds)
}

fn words(text: &str) -> Option<f64> {
    let (number, unit) = leading_number(text)?;
    let unit = unit.trim_start_matches(' ').to_ascii_lowercase();
    let (_, milliseconds) = UNITS.iter().find(|(names, _)| names.contains(&unit.as_str()))?;
    Some(number * milliseconds)
}

fn iso(text: &str) -> Option<f64> {
    let text = text.strip_prefix('P')?;
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let date_part = components(date, &ISO_DATE)?;
    let time_part = time.map_or(Some(0.0), |time| components(time, &ISO_TIME).filter(|_| !time.is_empty()))?;
    (!text.is_empty()).then_some(date_part + time_part)
}

/// The sum of components that stand in this order, each at most once.
fn components(mut text: &str, units: &[(char, f64)]) -> Option<f64> {
    let mut sum = 0.0;
    for (unit, milliseconds) in units {
        let Some((number, rest)) = leading_number(text) else { break };
        if let Some(rest) = rest.strip_prefix(*unit) {
            sum += number * milliseconds;
            text = rest;
        }
    }
    text.is_empty().then_some(sum)
}

/// The decimal number a text starts with, and what follows.
fn leading_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(text: &str) -> Option<f64> {
        parse(text).map(|duration| duration.as_secs_f64())
    }

    #[test]
    fn text_has_a_number_and_a_unit() {
        for (text, expected) in [
            ("15m", 900.0),
            ("15 minutes", 900.0),
            (" 1 Hour ", 3600.0),
            ("2 s", 2.0),
            ("500ms", 0.5),
            ("1.5h", 5400.0),
            (".5s", 0.5),
            ("1w", 604_800.0),
            ("2 days", 172_800.0),
            ("1y", 31_536_000.0),
            ("0s", 0.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in ["", "15", "1.5", "m", "15 parsecs", "-5m", "1h30m", "1.2.3s", ".s", "1e3s", "infinity s", "99999999999999999999y"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn iso_has_components_in_order() {
        for (text, expected) in [
            ("PT15M", 900.0),
            ("PT1.5H", 5400.0),
            ("P1D", 86_400.0),
            ("P2DT6H", 194_400.0),
            ("P1W", 604_800.0),
            ("P1M", 2_592_000.0),
            ("P1Y2M3W4DT5H6M7.5S", 38_898_367.5),
            ("PT0S", 0.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in ["P", "PT", "P1", "P1DT", "PT1S1M", "P1H", "PT1M1M", "p1d", "-P1D", "P-1D", "P 1D"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_never_panics(text in "\\PC{0,12}", likely in "P?[0-9.YMWDTHSms ]{0,12}") {
            let _ = parse(&text);
            let _ = parse(&likely);
        }
    }
}
