//! Points in time as the protocols write them: HTTP dates (RFC 9110, 5.6.7) and ISO 8601 as JavaScript's `toISOString` does.

use std::fmt;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A second since the Unix epoch, in UTC, written for HTTP: `Thu, 01 Jan 1970 00:00:00 GMT`.
#[derive(Debug, Clone, Copy)]
pub struct HttpDate(pub u64);

/// The same, written in ISO 8601 with milliseconds: `1970-01-01T00:00:00.000Z`.
#[derive(Debug, Clone, Copy)]
pub struct IsoDate(pub u64);

impl fmt::Display for HttpDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, (hour, minute, second)) = split(self.0);
        let (year, month, day) = calendar(days);
        let (weekday, month) = (DAYS[index(days % 7)], MONTHS[index(month - 1)]);
        write!(f, "{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }
}

impl fmt::Display for IsoDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, (hour, minute, second)) = split(self.0);
        let (year, month, day) = calendar(days);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z")
    }
}

impl IsoDate {
    /// The second that such a text names, with or without a fraction of it; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let (second, fraction) = text.strip_suffix('Z')?.split_at_checked(19)?;
        let is_fraction = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        if !(fraction.is_empty() || fraction.strip_prefix('.').is_some_and(is_fraction)) {
            return None;
        }
        let number = |from: usize, to: usize| second.get(from..to).filter(|digits| is_fraction(digits))?.parse::<u64>().ok();
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, of_minute) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        if year < 1970 || !(1..=12).contains(&month) {
            return None;
        }
        let parsed = Self(days_until(year, month, day)?.checked_mul(86_400)? + hour * 3600 + minute * 60 + of_minute);
        // What is not written so is none: a 31st of February, a 25th hour, another sign between the numbers.
        parsed.to_string().starts_with(second).then_some(parsed)
    }
}

/// The days from the epoch to this one: [`calendar`] the other way round.
fn days_until(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month_from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let day_of_year = (153 * month_from_march + 2) / 5 + day.checked_sub(1)?;
    (year * 365 + year / 4 - year / 100 + year / 400 + day_of_year).checked_sub(719_468)
}

/// Days since the epoch, and the time of day.
fn split(seconds: u64) -> (u64, (u64, u64, u64)) {
    (seconds / 86_400, (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60))
}

/// Year, month from 1 and day from 1. The calendar repeats every 400 years, which have 146,097 days; a year counted from March ends with the leap day.
fn calendar(days: u64) -> (u64, u64, u64) {
    let from_march_of_year_0 = days + 719_468;
    let (era, day_of_era) = (from_march_of_year_0 / 146_097, from_march_of_year_0 % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// What is below 12 fits.
fn index(small: u64) -> usize {
    usize::try_from(small).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_the_protocols_want_them() {
        for (seconds, http, iso) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37.000Z"),
            (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT", "2000-02-29T12:34:56.000Z"),
            (1_795_526_430, "Tue, 24 Nov 2026 13:20:30 GMT", "2026-11-24T13:20:30.000Z"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT", "2100-02-28T23:59:59.000Z"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT", "2100-03-01T00:00:00.000Z"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59.000Z"),
        ] {
            assert_eq!((HttpDate(seconds).to_string(), IsoDate(seconds).to_string()), (http.to_owned(), iso.to_owned()));
            for text in [iso.to_owned(), iso.replace(".000", ""), iso.replace(".000", ".123456")] {
                assert_eq!(IsoDate::parse(&text).map(|date| date.0), Some(seconds), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "Z",
            "garbage",
            "infinity",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1969-12-31T23:59:59.000Z",
            "2026-02-29T00:00:00.000Z",
            "2026-00-01T00:00:00.000Z",
            "2026-01-00T00:00:00.000Z",
            "2026-01-01T25:00:00.000Z",
            "2026-01-01 00:00:00.000Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.xZ",
            "2026-01-01T00:00:+1.000Z",
            "99999-01-01T00:00:00.000Z",
            "2026-01-01T00:00:0\u{e9}.000Z",
        ] {
            assert!(IsoDate::parse(text).is_none(), "{text}");
        }
    }
}
