//! YAML 1.2 in, JSON values out. The only file that names the YAML crate.
//!
//! Refused: duplicate keys, several documents, alias bombs, nesting without end, keys that are lists or objects. `yes` and `on` are strings, and
//! `<<` is a key like any other, both as in Backstage. An empty file is an empty object.

use serde::Deserialize;
use serde_json::{Map, Number, Value as Json};
use serde_yaml::Value as Yaml;

/// Up to here a double holds every whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Why a text is no configuration.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not valid YAML: {message}")]
pub(super) struct YamlError {
    message: String,
}

/// The one document of a text.
pub(super) fn parse(text: &str) -> Result<Json, YamlError> {
    // By way of the crate's own value: read straight into JSON, the last of two equal keys would win silently.
    let yaml: Yaml = serde_yaml::from_str(text).map_err(|error| YamlError { message: error.to_string() })?;
    match yaml {
        Yaml::Null => Ok(Json::Object(Map::new())),
        yaml => json(yaml),
    }
}

/// Every document of a stream: the catalog's files hold many. An empty document is null.
pub(crate) fn documents(text: &str) -> Result<Vec<Json>, String> {
    let parsed = serde_yaml::Deserializer::from_str(text).map(|document| {
        let yaml = Yaml::deserialize(document).map_err(|error| error.to_string())?;
        json(yaml).map_err(|error| error.message)
    });
    parsed.collect()
}

fn json(yaml: Yaml) -> Result<Json, YamlError> {
    Ok(match yaml {
        Yaml::Null => Json::Null,
        Yaml::Bool(boolean) => Json::Bool(boolean),
        Yaml::Number(number) => number_of(&number),
        Yaml::String(text) => Json::String(text),
        Yaml::Sequence(items) => Json::Array(items.into_iter().map(json).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => object(entries)?,
        // What an unknown tag means is unknown to Backstage as well: it takes the value without it.
        Yaml::Tagged(tagged) => json(tagged.value)?,
    })
}

fn object(entries: serde_yaml::Mapping) -> Result<Json, YamlError> {
    let mut object = Map::new();
    for (key, value) in entries {
        let key = key_text(key)?;
        if object.contains_key(&key) {
            return Err(YamlError { message: format!("the key '{key}' stands there twice") });
        }
        object.insert(key, json(value)?);
    }
    Ok(Json::Object(object))
}

fn key_text(key: Yaml) -> Result<String, YamlError> {
    match key {
        Yaml::String(text) => Ok(text),
        Yaml::Bool(boolean) => Ok(boolean.to_string()),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Null => Ok("null".into()),
        _ => Err(YamlError { message: "a key is a list or an object; write a word".into() }),
    }
}

fn number_of(number: &serde_yaml::Number) -> Json {
    let whole = number.as_u64().map(Number::from).or_else(|| number.as_i64().map(Number::from));
    let real = number.as_f64().unwrap_or(f64::NAN);
    // JSON knows neither infinity nor NaN: those stay text, which no reader of numbers takes.
    let finite = whole.or_else(|| whole_of(real)).or_else(|| Number::from_f64(real));
    finite.map_or_else(|| Json::String(number.to_string()), Json::Number)
}

/// `1e3` is the whole number 1000, as it is for JavaScript.
fn whole_of(real: f64) -> Option<Number> {
    let is_exact = real.fract() == 0.0 && real.abs() <= EXACT;
    is_exact.then(|| format!("{real:.0}").parse::<i64>().ok()).flatten().map(Number::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_those_of_yaml_1_2() {
        let text = "text: yes\nswitch: on\nflag: true\nnumber: 7\nbig: 18446744073709551615\nnegative: -3\nreal: 0.5\nexponent: 1e3\nnone: ~\nlist: [1, a]\n1: one\ntagged: !x 5\nendless: .inf\n<<: { a: 1 }\n";
        assert_eq!(
            parse(text).unwrap(),
            json!({
                "text": "yes", "switch": "on", "flag": true, "number": 7, "big": u64::MAX, "negative": -3, "real": 0.5, "exponent": 1000, "none": null,
                "list": [1, "a"], "1": "one", "tagged": 5, "endless": ".inf", "<<": { "a": 1 },
            })
        );
    }

    #[test]
    fn a_stream_holds_many_documents() {
        assert_eq!(documents("a: 1\n---\n---\nb: 2\n").unwrap(), [json!({ "a": 1 }), json!(null), json!({ "b": 2 })]);
        assert!(documents("a: 1\n---\nb: 1\nb: 2\n").is_err());
    }

    #[test]
    fn an_empty_file_is_an_empty_object() {
        for text in ["", "\n", "# only a comment\n", "---\n", "~"] {
            assert_eq!(parse(text).unwrap(), json!({}), "{text:?}");
        }
    }

    #[test]
    fn aliases_are_followed_and_bombs_are_not() {
        assert_eq!(parse("a: &x { b: 1 }\nc: *x\n").unwrap(), json!({ "a": { "b": 1 }, "c": { "b": 1 } }));
        let level = |level: usize| format!("a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 9].join(", "));
        let bomb = format!("a0: &a0 [x, x, x, x, x, x, x, x, x]\n{}\n", (1..12).map(level).collect::<Vec<_>>().join("\n"));
        insta::assert_snapshot!(parse(&bomb).unwrap_err(), @"not valid YAML: repetition limit exceeded");
        insta::assert_snapshot!(parse(&"[".repeat(20_000)).unwrap_err(), @"not valid YAML: recursion limit exceeded at line 1 column 129");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused_with_its_line() {
        insta::assert_snapshot!(parse("a: 1\nb:\n  c: 1\n  c: 2\n").unwrap_err(), @r#"not valid YAML: b: duplicate entry with key "c" at line 3 column 3"#);
        insta::assert_snapshot!(parse("a: 1\n---\nb: 2\n").unwrap_err(), @"not valid YAML: deserializing from YAML containing more than one document is not supported");
        insta::assert_snapshot!(parse("a: [1\nb: 2\n").unwrap_err(), @"not valid YAML: did not find expected ',' or ']' at line 2 column 2, while parsing a flow sequence at line 1 column 4");
        insta::assert_snapshot!(parse("a: 1\n\tb: 2\n").unwrap_err(), @"not valid YAML: found a tab character that violates indentation at line 2 column 1, while scanning a plain scalar at line 1 column 4");
        insta::assert_snapshot!(parse("1: a\n'1': b\n").unwrap_err(), @"not valid YAML: the key '1' stands there twice");
        insta::assert_snapshot!(parse("[a]: b\n").unwrap_err(), @"not valid YAML: a key is a list or an object; write a word");
    }

    #[test]
    fn no_message_quotes_a_value() {
        for text in
            ["a: hunter2\na: hunter2\n", "password: 'hunter2\n", "password: hunter2\n  more: hunter2\n", "password: @hunter2\n", "a: *hunter2\n"]
        {
            assert!(!parse(text).unwrap_err().to_string().contains("hunter2"), "{text:?}: {}", parse(text).unwrap_err());
        }
    }
}
