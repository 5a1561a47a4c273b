//! Tables as operators write them, and as they should not.

use std::{fs, path::Path};

use super::*;

const CSV: TableFormat = TableFormat::Csv { header: false };

/// Key and values of each entry, in alphabetical order.
fn shown(text: &[u8], format: TableFormat) -> String {
    let table = table(text, format).unwrap();
    let mut keys: Vec<_> = table.keys().collect();
    keys.sort_unstable();
    keys.into_iter().map(|key| format!("{key}={}", table.look_up(key).join("|"))).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_format_holds_the_same() {
    let yaml = "# roles\nad-1: developer\nad-2: [operator, developer]\nnone: []\n7: 'yes'\n";
    let json = r#"{ "ad-1": "developer", "ad-2": ["operator", "developer"], "none": [], "7": "yes" }"#;
    for (text, format) in [(yaml, TableFormat::Yaml), (json, TableFormat::Json), (&format!("\u{feff}{json}"), TableFormat::Json)] {
        assert_eq!(shown(text.as_bytes(), format), "7=yes ad-1=developer ad-2=operator|developer none=");
    }
    for csv in [
        "ad-1,developer\nad-2,operator\n7,yes\nad-2,developer\n",
        "ad-1, developer,\r\n\r\nad-2 ,operator, ,developer\r\n\"7\",\"yes\"",
        "\u{feff}ad-2,operator,developer\nad-1,developer,,,\n7,yes",
    ] {
        assert_eq!(shown(csv.as_bytes(), CSV), "7=yes ad-1=developer ad-2=operator|developer", "{csv:?}");
    }
    assert_eq!(shown(b"group,role\nad-1,\"a, b \"\"c\"\"\"\n", TableFormat::Csv { header: true }), "ad-1=a, b \"c\"");
}

#[test]
fn a_table_may_be_without_entries_but_not_empty() {
    for (text, format) in [("{}", TableFormat::Yaml), (" {} ", TableFormat::Json), ("group,role\n", TableFormat::Csv { header: true })] {
        assert_eq!(shown(text.as_bytes(), format), "");
    }
    for format in [TableFormat::Yaml, TableFormat::Json, CSV, TableFormat::Csv { header: true }] {
        for text in ["", "\n\n", "\u{feff}"] {
            assert_eq!(table(text.as_bytes(), format), Err(Malformed::Empty), "{text:?} {format:?}");
        }
    }
}

#[test]
fn keys_and_values_are_what_was_written() {
    let table = table("Ad-1: ' x '\nzoë: ja\n".as_bytes(), TableFormat::Yaml).unwrap();
    assert_eq!(
        (table.look_up("ad-1"), table.look_up("Ad-1"), table.look_up("zoë"), table.look_up("")),
        (&[][..], &[" x ".into()][..], &["ja".into()][..], &[][..])
    );
}

#[test]
fn a_revision_is_the_digest_of_what_was_read() {
    let revision = |text: &str| table(text.as_bytes(), TableFormat::Yaml).unwrap().revision().to_owned();
    assert_eq!(revision("a: b\n"), "52c9693cf3f2");
    assert_ne!(revision("a: b\n"), revision("a: b \n"));
}

#[test]
fn there_is_an_end_to_the_keys() {
    let many = |count: usize| (0..count).map(|nth| format!("k{nth},v\n")).collect::<String>();
    assert_eq!(table(many(MAX_KEYS).as_bytes(), CSV).unwrap().len(), MAX_KEYS);
    assert_eq!(table(many(MAX_KEYS + 1).as_bytes(), CSV), Err(Malformed::TooManyKeys));
}

/// Each file of `fixtures` is malformed in its own way.
#[test]
fn what_is_malformed_is_told_with_its_place() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tables/fixtures");
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let told = files.iter().map(|file| {
        let name = file.file_name().unwrap().to_string_lossy();
        let format = match file.extension().unwrap().to_str().unwrap() {
            "yaml" => TableFormat::Yaml,
            "json" => TableFormat::Json,
            _ => TableFormat::Csv { header: name.contains("header") },
        };
        format!("{name}: {}", table(&fs::read(file).unwrap(), format).unwrap_err())
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r#"
    bomb.yaml: repetition limit exceeded
    boolean-in-list.yaml: key "a", item 2: expected a text: put it in quotes
    comma.json: trailing comma at line 1 column 11
    empty-key.csv: line 2: a key or value is empty
    empty-key.yaml: key "": a key or value is empty
    empty-value.json: key "a", item 2: a key or value is empty
    empty-value.yaml: key "a": a key or value is empty
    empty-values.csv: line 2: expected a key and at least one value, separated by a comma
    header-and-no-value.csv: line 2: expected a key and at least one value, separated by a comma
    html.csv: line 1: expected a key and at least one value, separated by a comma
    latin.csv: it is not UTF-8
    latin.yaml: it is not UTF-8
    line-break.yaml: key "a": a key or value holds a line break or another control character; in CSV a quote may not be closed
    list.json: invalid type: sequence, expected an object of keys with a text or a list of texts each at line 1 column 0
    list.yaml: expected keys with a text or a list of texts each, such as `developers: [dev, ops]`
    nested.yaml: key "a", item 1: expected a text or a list of texts
    no-value.csv: line 2: expected a key and at least one value, separated by a comma
    nothing.json: invalid type: null, expected an object of keys with a text or a list of texts each at line 1 column 4
    nothing.yaml: key "a": nothing stands there; write [] for a key without values
    nul.json: key "a": a key or value holds a line break or another control character; in CSV a quote may not be closed
    null.json: key "a": nothing stands there; write [] for a key without values
    number.json: key "a": expected a text: put it in quotes
    number.yaml: key "a": expected a text: put it in quotes
    object.json: key "a": expected a text or a list of texts
    object.yaml: key "a": expected a text or a list of texts
    semicolon.csv: line 1: expected a key and at least one value, separated by a comma
    text.yaml: expected keys with a text or a list of texts each, such as `developers: [dev, ops]`
    twice.json: the key "a" stands there twice at line 1 column 30
    twice.yaml: duplicate entry with key "a"
    two-documents.yaml: it holds more than one YAML document
    two.json: trailing characters at line 1 column 12
    unclosed-quote.csv: line 2: a key or value holds a line break or another control character; in CSV a quote may not be closed
    unclosed.json: EOF while parsing an object at line 1 column 9
    unclosed.yaml: did not find expected ',' or ']' at line 2 column 2, while parsing a flow sequence at line 1 column 4
    "#);
}
