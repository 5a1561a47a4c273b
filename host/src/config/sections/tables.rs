//! `stagedoor.tables`: what operators keep beside the configuration and components look up.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use http::Uri;
use schemars::JsonSchema;

use super::components::NAME;
use crate::config::{
    Origin, Secret,
    field::Field,
    schema::{ByteSizeSchema, DurationSchema},
};

const SOURCE: &str = "the path of a file, or an https:// URL (http:// on this machine)";
const FORMAT: &str = "yaml, json or csv";
const MIB: usize = 1 << 20;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableConfig {
    /// Where it stands.
    pub source: TableSource,
    /// How it is written.
    pub format: TableFormat,
    /// The bytes that it may have.
    pub max_size: usize,
    /// The file that configures it.
    pub origin: Origin,
    /// Where it stands there: `stagedoor.tables.roles`.
    pub path: String,
}

/// Where a table stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableSource {
    /// In a file, by its absolute path.
    File(PathBuf),
    /// At a URL.
    Url {
        /// Not shown: what follows its `?` may be a password.
        url: Secret,
        /// How long after one question the next one is asked.
        refresh: Duration,
        /// The time for one question.
        timeout: Duration,
    },
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// A mapping of keys to a text or a list of texts.
    Yaml,
    /// The same in JSON.
    Json,
    /// Lines of a key and its values.
    Csv {
        /// Whether the first line only names the columns.
        header: bool,
    },
}

/// A table.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, extend("required" = ["source"]))]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) struct TableSchema {
    /// A file, relative to the one that names it, or an `https://` URL (`http://` on this machine). Needs a restart; what stands there is live.
    source: String,
    /// How it is written; without it, the ending of the source says so. Needs a restart.
    format: FormatName,
    /// Of a CSV file: whether its first line only names the columns. Needs a restart.
    #[schemars(extend("default" = false))]
    header: bool,
    /// The bytes that it may have, up to 64 MiB. Needs a restart.
    #[schemars(with = "ByteSizeSchema", extend("default" = "1 MiB"))]
    max_size: usize,
    /// Of a URL: how long after one question the next one is asked, 1 second to a day. Needs a restart.
    #[schemars(with = "DurationSchema", extend("default" = "1 minute"))]
    refresh: Duration,
    /// Of a URL: the time for one question, 10 ms to 1 minute. Needs a restart.
    #[schemars(with = "DurationSchema", extend("default" = "5 s"))]
    timeout: Duration,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
enum FormatName {
    Yaml,
    Json,
    Csv,
}

impl TableConfig {
    pub(super) fn read_all(tables: &Field<'_>) -> BTreeMap<String, Self> {
        let tables = tables.entries().into_iter();
        tables.filter_map(|(name, field)| Some((name.to_owned(), Self::read(name, &field)?))).collect()
    }

    fn read(name: &str, field: &Field<'_>) -> Option<Self> {
        if !NAME.is_match(name) {
            field.error::<()>("a name consists of letters and digits, starts with a letter, and may hold single - _ : between them");
        }
        field.only(&["source", "format", "header", "maxSize", "refresh", "timeout"]);
        let max_size = field.key("maxSize").bytes(1..=64 * MIB).unwrap_or(MIB);
        let text = field.key("source").required_string(SOURCE).map(str::to_owned);
        let source = text.as_ref().and_then(|text| source(field, text));
        let format = text.as_ref().and_then(|text| format(field, text));
        Some(Self { source: source?, format: format?, max_size, origin: field.origin().clone(), path: field.path().to_string() })
    }
}

fn source(field: &Field<'_>, text: &str) -> Option<TableSource> {
    let refresh = field.key("refresh").duration(Duration::from_secs(1)..=Duration::from_hours(24)).unwrap_or(Duration::from_mins(1));
    let timeout = field.key("timeout").duration(Duration::from_millis(10)..=Duration::from_mins(1)).unwrap_or(Duration::from_secs(5));
    let source = field.key("source");
    if !text.contains("://") {
        for key in ["refresh", "timeout"].map(|key| field.key(key)).iter().filter(|key| key.is_set()) {
            key.error::<()>("has no effect on a file, which is read whenever it changes; remove it");
        }
        return Some(TableSource::File(source.origin().resolve(text)));
    }
    match text.parse::<Uri>() {
        Ok(url) if is_fit(&url, text) => Some(TableSource::Url { url: Secret::new(text), refresh, timeout }),
        _ => source.expected(&format!("{SOURCE}, without a user and a fragment")),
    }
}

/// Whether nobody else can write what is read there, and nothing of it is a password that some log might show.
fn is_fit(url: &Uri, text: &str) -> bool {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    let is_safe = url.scheme_str() == Some("https") || url.scheme_str() == Some("http") && is_here;
    is_safe && !host.is_empty() && !text.contains('#') && url.authority().is_some_and(|authority| !authority.as_str().contains('@'))
}

fn format(field: &Field<'_>, source: &str) -> Option<TableFormat> {
    let (header, named) = (field.key("header"), field.key("format"));
    let name = match named.string(FORMAT) {
        Some(name) => name.to_owned(),
        None if named.is_set() => return None,
        None => {
            let path = if source.contains("://") { source.split('?').next().unwrap_or_default() } else { source };
            Path::new(path).extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
        }
    };
    let format = match name.as_str() {
        "yaml" | "yml" => TableFormat::Yaml,
        "json" => TableFormat::Json,
        "csv" => TableFormat::Csv { header: header.boolean().unwrap_or(false) },
        _ if named.is_set() => return named.expected_shown(FORMAT),
        _ => return named.error(format!("missing; the ending of the source does not say how it is written: expected {FORMAT}")),
    };
    if header.is_set() && !matches!(format, TableFormat::Csv { .. }) {
        header.error::<()>("only a CSV file has one; remove it");
    }
    Some(format)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{faults, loaded};

    fn table(text: &str) -> TableConfig {
        loaded(&format!("stagedoor: {{ tables: {{ roles: {text} }} }}")).stagedoor.tables["roles"].clone()
    }

    #[test]
    fn a_table_is_a_file_beside_the_one_that_names_it() {
        let roles = table("{ source: ./roles.YML }");
        assert_eq!((roles.format, roles.max_size, roles.path.as_str()), (TableFormat::Yaml, MIB, "stagedoor.tables.roles"));
        assert_eq!(roles.source, TableSource::File(roles.origin.directory().join("roles.YML")));
        assert_eq!(table("{ source: a.csv }").format, TableFormat::Csv { header: false });
        assert_eq!(table("{ source: a.txt, format: csv, header: true, maxSize: 2 KiB }").max_size, 2048);
        assert!(loaded("{}").stagedoor.tables.is_empty());
    }

    #[test]
    fn or_at_a_url_that_nobody_else_can_write_to() {
        let url = "https://example.com/roles.json?token=a.csv";
        let roles = table(&format!("{{ source: '{url}', refresh: 5 minutes }}"));
        assert_eq!(roles.format, TableFormat::Json);
        let expected = TableSource::Url { url: Secret::new(url), refresh: Duration::from_mins(5), timeout: Duration::from_secs(5) };
        assert_eq!(roles.source, expected);
        assert!(!format!("{roles:?}").contains("token"));
        for here in ["http://127.0.0.1:8000/x.csv", "http://[::1]/x.csv", "http://localhost/x.csv"] {
            assert!(matches!(table(&format!("{{ source: '{here}' }}")).source, TableSource::Url { .. }), "{here}");
        }
        for unfit in [
            "http://example.com/x.csv",
            "http://127.0.0.1.example.com/x.csv",
            "https://user:hunter2@example.com/x.csv",
            "https://example.com/x.csv#hunter2",
            "ftp://127.0.0.1/x.csv",
            "file:///etc/x.csv",
            "https:///x.csv",
            "https://exa mple.com/x.csv",
        ] {
            let fault = faults(&format!("stagedoor: {{ tables: {{ roles: {{ source: '{unfit}' }} }} }}"));
            assert!(fault.starts_with("app-config.yaml: stagedoor.tables.roles.source: expected the path of a file, or an https:// URL"), "{fault}");
            assert!(!fault.contains("hunter2"), "{fault}");
        }
    }

    #[test]
    fn faults_of_all_tables_are_found_at_once() {
        let text = "stagedoor:\n  tables:\n    a: {}\n    b: { source: roles }\n    c: { source: roles.yaml, header: true, refresh: 1 s, sourc: x }\n    \
                    'd e': { source: x.csv, maxSize: 1 GiB }\n    f: { source: 'https://example.com/x', format: xml, timeout: 2 minutes }\n    g: roles.yaml\n";
        insta::assert_snapshot!(faults(text), @r#"
        app-config.yaml: stagedoor.tables.a.source: missing; expected the path of a file, or an https:// URL (http:// on this machine)
        app-config.yaml: stagedoor.tables.b.format: missing; the ending of the source does not say how it is written: expected yaml, json or csv
        app-config.yaml: stagedoor.tables.c.sourc: unknown key; did you mean source?
        app-config.yaml: stagedoor.tables.c.refresh: has no effect on a file, which is read whenever it changes; remove it
        app-config.yaml: stagedoor.tables.c.header: only a CSV file has one; remove it
        app-config.yaml: stagedoor.tables.d e: a name consists of letters and digits, starts with a letter, and may hold single - _ : between them
        app-config.yaml: stagedoor.tables.d e.maxSize: expected a size from 1 B to 64 MiB, in bytes or with a unit such as 64MiB, got "1 GiB"
        app-config.yaml: stagedoor.tables.f.timeout: expected a duration from 10ms to 60s, got 120s
        app-config.yaml: stagedoor.tables.f.format: expected yaml, json or csv, got "xml"
        app-config.yaml: stagedoor.tables.g: expected an object of keys, got a string
        "#);
    }
}
