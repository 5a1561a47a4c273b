//! From bytes to a table, strictly: what could be meant in two ways is refused, with the line or the key where it stands.
//!
//! Refused: keys that stand twice in YAML or JSON, anything but texts, empty keys and values, control characters, files without any content. In CSV
//! a key may stand in several lines, and its values follow each other.

mod json;

use std::collections::HashMap;

use serde_json::Value;

use super::table::Table;
use crate::config::{TableFormat, yaml};

/// The most keys of a table.
pub(super) const MAX_KEYS: usize = 200_000;

/// Why a text is no table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not even text.
    #[error("it is not UTF-8")]
    Encoding,
    /// Not of its format, in the words of the parser, with the line.
    #[error("{0}")]
    Syntax(String),
    /// Nothing stands there, as in a file that is just being written.
    #[error("it is empty; a table without entries is {{}}, and in CSV one with a header line alone")]
    Empty,
    /// Something else than a mapping stands there.
    #[error("expected keys with a text or a list of texts each, such as `developers: [dev, ops]`")]
    Shape,
    /// One entry is wrong.
    #[error("{at}: {what}")]
    Entry {
        /// The key, or the line.
        at: String,
        /// What is wrong.
        what: &'static str,
    },
    /// Too many keys.
    #[error("it has more than {MAX_KEYS} keys")]
    TooManyKeys,
}

/// Reads a table.
pub(super) fn table(bytes: &[u8], format: TableFormat) -> Result<Table, Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed::Encoding)?;
    // Editors and spreadsheets put a mark there that is no part of the first key.
    let text = text.trim_start_matches('\u{feff}');
    let entries = match format {
        TableFormat::Yaml => mapping(yaml_entries(text)?)?,
        TableFormat::Json if text.trim().is_empty() => return Err(Malformed::Empty),
        TableFormat::Json => mapping(json::entries(text)?)?,
        TableFormat::Csv { header } => lines(text, header)?,
    };
    Ok(Table::new(entries, bytes))
}

fn yaml_entries(text: &str) -> Result<Vec<(String, Value)>, Malformed> {
    let mut documents = yaml::documents(text).map_err(Malformed::Syntax)?;
    match (documents.pop(), documents.len()) {
        (None | Some(Value::Null), 0) => Err(Malformed::Empty),
        (Some(Value::Object(entries)), 0) => Ok(entries.into_iter().collect()),
        (_, 0) => Err(Malformed::Shape),
        _ => Err(Malformed::Syntax("it holds more than one YAML document".into())),
    }
}

/// Keys that stand there once each.
fn mapping(entries: Vec<(String, Value)>) -> Result<HashMap<String, Vec<String>>, Malformed> {
    if entries.len() > MAX_KEYS {
        return Err(Malformed::TooManyKeys);
    }
    let one = |(key, value): (String, Value)| {
        let at = |item: Option<usize>| match item {
            Some(item) => format!("key {key:?}, item {}", item + 1),
            None => format!("key {key:?}"),
        };
        checked(&key, || at(None))?;
        let values = match value {
            Value::Array(items) => items.into_iter().enumerate().map(|(nth, item)| text(item, || at(Some(nth)))).collect::<Result<_, _>>()?,
            value => vec![text(value, || at(None))?],
        };
        Ok((key, values))
    };
    entries.into_iter().map(one).collect()
}

fn text(value: Value, at: impl Fn() -> String) -> Result<String, Malformed> {
    let what = match value {
        Value::String(text) => return checked(&text, at).map(|()| text),
        Value::Number(_) | Value::Bool(_) => "expected a text: put it in quotes",
        Value::Null => "nothing stands there; write [] for a key without values",
        Value::Array(_) | Value::Object(_) => "expected a text or a list of texts",
    };
    Err(Malformed::Entry { at: at(), what })
}

fn checked(text: &str, at: impl Fn() -> String) -> Result<(), Malformed> {
    let what = if text.is_empty() {
        "a key or value is empty"
    } else if text.contains(char::is_control) {
        "a key or value holds a line break or another control character; in CSV a quote may not be closed"
    } else {
        return Ok(());
    };
    Err(Malformed::Entry { at: at(), what })
}

/// Lines of CSV (RFC 4180): a key, then its values. Blanks around them and empty cells do not count.
fn lines(text: &str, header: bool) -> Result<HashMap<String, Vec<String>>, Malformed> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let (mut entries, mut lines) = (HashMap::<String, Vec<String>>::new(), 0_usize);
    for record in reader.records() {
        let record = record.map_err(|error| Malformed::Syntax(error.to_string()))?;
        lines += 1;
        if header && lines == 1 {
            continue;
        }
        let at = || format!("line {}", record.position().map_or(0, csv::Position::line));
        let mut cells = record.iter();
        let key = cells.next().unwrap_or_default();
        checked(key, at)?;
        let mut values = cells.filter(|cell| !cell.is_empty()).peekable();
        if values.peek().is_none() {
            return Err(Malformed::Entry { at: at(), what: "expected a key and at least one value, separated by a comma" });
        }
        let entry = entries.entry(key.to_owned()).or_default();
        for value in values {
            checked(value, at)?;
            entry.push(value.to_owned());
        }
        if entries.len() > MAX_KEYS {
            return Err(Malformed::TooManyKeys);
        }
    }
    if lines == 0 { Err(Malformed::Empty) } else { Ok(entries) }
}

#[cfg(test)]
mod tests;
