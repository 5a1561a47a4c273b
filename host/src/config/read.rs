//! Typed reads of a place, as Backstage's own: numbers and booleans may be written as text, since a variable is always text.
//!
//! A read gives `None` for what is absent and for what is wrong; the latter is in the report.

use std::{fmt::Display, ops::RangeInclusive, time::Duration};

use super::{byte_size, duration, field::Field, tree::Value};

impl<'a> Field<'a> {
    /// A text that is not empty. Each read of a text says what it is for.
    pub(crate) fn string(&self, what: &str) -> Option<&'a str> {
        match self.value()? {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => self.expected(what),
        }
    }

    /// A text that must be there.
    pub(crate) fn required_string(&self, what: &str) -> Option<&'a str> {
        self.required(what)?.string(what)
    }

    /// Yes or no in any of Backstage's spellings.
    pub(crate) fn boolean(&self) -> Option<bool> {
        let text = match self.value()? {
            Value::Boolean(boolean) => return Some(*boolean),
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_ascii_lowercase(),
            _ => return self.expected("true or false"),
        };
        match text.as_str() {
            "y" | "yes" | "true" | "1" | "on" => Some(true),
            "n" | "no" | "false" | "0" | "off" => Some(false),
            _ => self.expected("true or false"),
        }
    }

    /// A whole number within these bounds.
    pub(crate) fn integer<T: TryFrom<u64> + PartialOrd + Display>(&self, bounds: RangeInclusive<T>) -> Option<T> {
        let number = match self.value()? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let within = number.and_then(|number| T::try_from(number).ok()).filter(|number| bounds.contains(number));
        within.or_else(|| self.expected_shown(&format!("a whole number from {} to {}", bounds.start(), bounds.end())))
    }

    /// A duration within these bounds, in any of the three notations.
    pub(crate) fn duration(&self, bounds: RangeInclusive<Duration>) -> Option<Duration> {
        let read = self.any_duration()?;
        let within = bounds.contains(&read).then_some(read);
        within.or_else(|| self.error(format!("expected a duration from {:?} to {:?}, got {read:?}", bounds.start(), bounds.end())))
    }

    /// A duration in any of the three notations.
    pub(crate) fn any_duration(&self) -> Option<Duration> {
        let read = match self.value()? {
            Value::String(text) => duration::parse(text),
            Value::Object(_) => return self.duration_of_members(),
            _ => None,
        };
        read.or_else(|| self.expected("a duration with its unit, such as '15 minutes', PT15M or { minutes: 15 }"))
    }

    fn duration_of_members(&self) -> Option<Duration> {
        self.only(&duration::MEMBERS.map(|(member, _)| member));
        let members = duration::MEMBERS.iter().filter(|(member, _)| self.key(member).is_set());
        let milliseconds: Vec<_> = members.map(|(member, factor)| Some(self.key(member).number()? * factor)).collect::<Option<_>>()?;
        let sum = (!milliseconds.is_empty()).then(|| milliseconds.iter().sum()).and_then(duration::of_milliseconds);
        sum.or_else(|| self.error("expected one or more of years, months, weeks, days, hours, minutes, seconds, milliseconds, and no negative sum"))
    }

    fn number(&self) -> Option<f64> {
        let number = match self.value()? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number| number.is_finite()).or_else(|| self.expected("a number"))
    }

    /// A size in bytes within these bounds.
    pub(crate) fn bytes(&self, bounds: RangeInclusive<usize>) -> Option<usize> {
        let read = match self.value()? {
            Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            Value::String(text) => byte_size::parse(text),
            _ => None,
        };
        let (least, most) = (byte_size::show(*bounds.start()), byte_size::show(*bounds.end()));
        let within = read.filter(|bytes| bounds.contains(bytes));
        within.or_else(|| self.expected_shown(&format!("a size from {least} to {most}, in bytes or with a unit such as 64MiB")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::testing::read;

    fn boolean(field: &Field<'_>) -> Option<bool> {
        field.boolean()
    }

    fn any_duration(field: &Field<'_>) -> Option<Duration> {
        field.any_duration()
    }

    #[test]
    fn a_string_is_a_string_and_not_empty() {
        assert_eq!(read(json!("x"), |field| field.string("a string").map(str::to_owned)).unwrap().unwrap(), "x");
        for (value, got) in
            [(json!(""), "an empty string"), (json!(1), "a number"), (json!([1]), "a list"), (json!({}), "an object"), (json!(true), "a boolean")]
        {
            let error = read(value, |field| field.string("a string").map(str::to_owned)).unwrap_err();
            assert_eq!(error, format!("app-config.yaml: k: expected a string, got {got}"));
        }
    }

    #[test]
    fn booleans_have_backstages_spellings() {
        for (value, expected) in [
            ("y", true),
            ("YES", true),
            ("true", true),
            (" 1 ", true),
            ("On", true),
            ("n", false),
            ("no", false),
            ("False", false),
            ("0", false),
            ("off", false),
        ] {
            assert_eq!(read(json!(value), boolean), Ok(Some(expected)), "{value}");
        }
        assert_eq!(read(json!(1), boolean), Ok(Some(true)));
        assert_eq!(read(json!(false), boolean), Ok(Some(false)));
        for value in [json!("maybe"), json!(2), json!([true])] {
            assert!(read(value, boolean).is_err());
        }
    }

    #[test]
    fn whole_numbers_may_be_text_and_keep_within_bounds() {
        for value in [json!(7), json!("7"), json!(" 7 ")] {
            assert_eq!(read(value, |field| field.integer(1_u32..=10)), Ok(Some(7)));
        }
        for value in [json!(0), json!(11), json!(1.5), json!("x"), json!(-1), json!(u64::MAX), json!(true)] {
            let error = read(value, |field| field.integer(1_u32..=10)).unwrap_err();
            assert!(error.starts_with("app-config.yaml: k: expected a whole number from 1 to 10, got "), "{error}");
        }
    }

    #[test]
    fn durations_have_three_notations() {
        for value in [json!("15m"), json!("PT15M"), json!({ "minutes": 15 }), json!({ "minutes": "10", "seconds": 300 })] {
            assert_eq!(read(value, any_duration), Ok(Some(Duration::from_mins(15))));
        }
        let faults =
            [json!("15"), json!(15), json!({}), json!({ "minutes": "x" }), json!({ "minute": 1, "hours": 1 }), json!({ "minutes": -1 }), json!([])];
        let faults: Vec<_> = faults.into_iter().map(|value| read(value, any_duration).unwrap_err()).collect();
        insta::assert_snapshot!(faults.join("\n"), @r"
        app-config.yaml: k: expected a duration with its unit, such as '15 minutes', PT15M or { minutes: 15 }, got a string
        app-config.yaml: k: expected a duration with its unit, such as '15 minutes', PT15M or { minutes: 15 }, got a number
        app-config.yaml: k: expected one or more of years, months, weeks, days, hours, minutes, seconds, milliseconds, and no negative sum
        app-config.yaml: k.minutes: expected a number, got a string
        app-config.yaml: k.minute: unknown key; did you mean minutes?
        app-config.yaml: k: expected one or more of years, months, weeks, days, hours, minutes, seconds, milliseconds, and no negative sum
        app-config.yaml: k: expected a duration with its unit, such as '15 minutes', PT15M or { minutes: 15 }, got a list
        ");
        let bounded = |value| read(value, |field| field.duration(Duration::from_millis(10)..=Duration::from_mins(1)));
        assert_eq!(bounded(json!("10ms")), Ok(Some(Duration::from_millis(10))));
        insta::assert_snapshot!(bounded(json!("2 minutes")).unwrap_err(), @"app-config.yaml: k: expected a duration from 10ms to 60s, got 120s");
    }

    #[test]
    fn sizes_are_bytes_or_have_a_unit() {
        for value in [json!(1_048_576), json!("1MiB"), json!("1048576")] {
            assert_eq!(read(value, |field| field.bytes(1..=1 << 30)), Ok(Some(1 << 20)));
        }
        insta::assert_snapshot!(read(json!("2 GiB"), |field| field.bytes(1 << 20..=1 << 30)).unwrap_err(), @r#"app-config.yaml: k: expected a size from 1 MiB to 1 GiB, in bytes or with a unit such as 64MiB, got "2 GiB""#);
    }
}
