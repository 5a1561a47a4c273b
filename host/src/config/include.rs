//! One file becomes one layer: its variables replaced, and what it names with `$env`, `$file` and `$include` put in.
//!
//! Paths are relative to the file that names them. A chain of includes that comes back to itself is a fault, not an endless read.

use std::{fs, io, path::PathBuf};

use serde_json::{Map, Value as Json};

use super::{
    error::{ConfigError, Report},
    key_path::KeyPath,
    origin::Origin,
    substitute::{Environment, substitute, variable},
    tree::{Node, Value},
    yaml,
};

/// The keys that stand for something else; such an object has no other key.
const INCLUDE_KEYS: [&str; 3] = ["$file", "$env", "$include"];

/// Reads configuration files. Faults go to the report, and what cannot be read is absent from the result.
pub(super) struct FileReader<'a> {
    working_directory: PathBuf,
    environment: &'a Environment,
    report: &'a Report,
    /// Every file that was opened, included ones too, in order.
    opened: Vec<PathBuf>,
    /// The files, and the parts of them, that are being read right now.
    open: Vec<(PathBuf, String)>,
    /// Values that are absent, though somebody wrote the key.
    absent: Vec<Absent>,
    /// Values that a `$file` gave which ends with blanks or newlines.
    trimmed: Vec<(Origin, KeyPath)>,
}

/// A value that is absent, though somebody wrote the key.
pub(super) struct Absent {
    pub(super) origin: Origin,
    pub(super) path: KeyPath,
    /// What is missing.
    pub(super) why: &'static str,
    /// What to do about it.
    pub(super) remedy: &'static str,
}

/// What was noticed about the files, for whoever knows what the keys mean.
pub(super) struct Noticed {
    /// Every file that was opened.
    pub(super) opened: Vec<PathBuf>,
    /// Values that are absent, though somebody wrote the key.
    pub(super) absent: Vec<Absent>,
    /// Values that a `$file` gave which ends with blanks or newlines: as in Backstage, those are no part of the value.
    pub(super) trimmed: Vec<(Origin, KeyPath)>,
}

impl<'a> FileReader<'a> {
    /// A reader that shows paths relative to the working directory.
    pub(super) fn new(working_directory: PathBuf, environment: &'a Environment, report: &'a Report) -> Self {
        Self { working_directory, environment, report, opened: Vec::new(), open: Vec::new(), absent: Vec::new(), trimmed: Vec::new() }
    }

    /// What was noticed.
    pub(super) fn finish(self) -> Noticed {
        Noticed { opened: self.opened, absent: self.absent, trimmed: self.trimmed }
    }

    /// The layer that a file makes.
    pub(super) fn layer(&mut self, path: PathBuf) -> Option<Node> {
        let origin = Origin::file(path.clone(), &self.working_directory);
        let root = KeyPath::default();
        let text = self.reported(&origin, &root, fs::read_to_string(&path).map_err(|error| why(&error)))?;
        self.opened.push(path.clone());
        let json = self.reported(&origin, &root, yaml::parse(&text).map_err(|error| error.to_string()))?;
        self.open.push((path, String::new()));
        let node = self.expand(json, &origin, &root);
        self.open.pop();
        match node {
            Some(Node { value: Value::Object(_), .. }) => node,
            Some(other) => self.fault(&origin, &root, format!("expected an object of keys, got {}", other.value.type_name())),
            None => None,
        }
    }

    fn expand(&mut self, json: Json, origin: &Origin, path: &KeyPath) -> Option<Node> {
        let value = match json {
            Json::String(text) => match substitute(&text, self.environment) {
                Some(text) => Value::String(text),
                None => return self.unset(origin, path),
            },
            Json::Array(items) => {
                let items = items.into_iter().enumerate();
                Value::List(items.filter_map(|(index, item)| self.expand(item, origin, &path.item(index))).collect())
            }
            Json::Object(entries) => match INCLUDE_KEYS.into_iter().find(|key| entries.contains_key(*key)) {
                Some(key) => return self.include(key, &entries, origin, path),
                None => Value::Object(
                    entries.into_iter().filter_map(|(key, value)| Some((key.clone(), self.expand(value, origin, &path.key(&key))?))).collect(),
                ),
            },
            scalar => return Some(Node::from_json(scalar, origin)),
        };
        Some(Node { origin: origin.clone(), value })
    }

    fn include(&mut self, key: &str, entries: &Map<String, Json>, origin: &Origin, path: &KeyPath) -> Option<Node> {
        if entries.len() != 1 {
            return self.fault(origin, path, format!("include key {key} should not have adjacent keys; put it one level down, alone"));
        }
        let Some(Json::String(named)) = entries.get(key) else {
            return self.fault(origin, path, format!("{key} include value is not a string"));
        };
        let Some(named) = substitute(named, self.environment) else {
            return self.fault(origin, path, format!("a variable in the value of {key} is not set"));
        };
        let text = match key {
            "$env" => match variable(&named, self.environment) {
                Some(value) => value.to_owned(),
                None => return self.unset(origin, path),
            },
            "$file" => {
                let text = self.opened_text(key, origin.resolve(&named), origin, path)?;
                let trimmed = text.trim_end();
                if trimmed.len() < text.len() {
                    self.trimmed.push((origin.clone(), path.clone()));
                }
                trimmed.to_owned()
            }
            _ => return self.include_part(&named, origin, path),
        };
        Some(Node { origin: origin.clone(), value: Value::String(text) })
    }

    fn include_part(&mut self, named: &str, origin: &Origin, path: &KeyPath) -> Option<Node> {
        let (name, part) = named.split_once('#').unwrap_or((named, ""));
        let file = origin.resolve(name);
        let parse = match file.extension().and_then(|extension| extension.to_str()) {
            Some("json") => |text: &str| serde_json::from_str(text).map_err(|error| format!("not valid JSON: {error}")),
            Some("yaml" | "yml") => |text: &str| yaml::parse(text).map_err(|error| error.to_string()),
            _ => return self.fault(origin, path, format!("$include of {name}: expected a file that ends in .json, .yaml or .yml")),
        };
        let this = (file.clone(), part.to_owned());
        if self.open.contains(&this) {
            return self.fault(origin, path, format!("$include of {named} leads back to itself"));
        }
        let text = self.opened_text("$include", file.clone(), origin, path)?;
        let included = Origin::file(file, &self.working_directory);
        let json = self.reported(&included, path, parse(&text))?;
        let selected = self.reported(origin, path, select(json, part).map_err(|why| format!("$include of {name}: {why}")))?;
        let Some(json) = selected else {
            return self.absent(origin, path, "the included file has no such key", "add it there, or leave the $include out");
        };
        self.open.push(this);
        let node = self.expand(json, &included, path);
        self.open.pop();
        node
    }

    fn opened_text(&mut self, key: &str, file: PathBuf, origin: &Origin, path: &KeyPath) -> Option<String> {
        let shown = Origin::file(file.clone(), &self.working_directory);
        let text = fs::read_to_string(&file).map_err(|error| format!("{key} cannot read {shown}: {}", why(&error)));
        self.opened.push(file);
        self.reported(origin, path, text)
    }

    fn unset(&mut self, origin: &Origin, path: &KeyPath) -> Option<Node> {
        self.absent(origin, path, "a variable in the value is not set", "set it, or write ${NAME:-default}")
    }

    fn absent(&mut self, origin: &Origin, path: &KeyPath, why: &'static str, remedy: &'static str) -> Option<Node> {
        self.absent.push(Absent { origin: origin.clone(), path: path.clone(), why, remedy });
        None
    }

    fn reported<T>(&self, origin: &Origin, path: &KeyPath, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.report.error(ConfigError::at(origin, path.as_str(), message))).ok()
    }

    fn fault<T>(&self, origin: &Origin, path: &KeyPath, message: String) -> Option<T> {
        self.reported(origin, path, Err(message))
    }
}

/// The part of a document that `a.b.c` names; `None` if its last key is not there.
fn select(json: Json, part: &str) -> Result<Option<Json>, String> {
    let mut selected = Some(json);
    let keys: Vec<_> = part.split('.').filter(|_| !part.is_empty()).collect();
    for (index, key) in keys.iter().enumerate() {
        let Some(Json::Object(mut entries)) = selected else {
            return Err(format!("value at '{}' is not an object", keys[..index].join(".")));
        };
        selected = entries.remove(*key);
    }
    Ok(selected)
}

fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".into(),
        io::ErrorKind::InvalidData => "not text in UTF-8".into(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    /// Writes the files, reads the first of them, and gives the layer or what is wrong.
    fn read(files: &[(&str, &str)]) -> Result<Json, String> {
        let directory = TempDir::new().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let environment = [("HOST", "example.org"), ("DIR", "secrets"), ("SPACED", " x ")].map(|(name, value)| (name.into(), value.into())).into();
        let report = Report::default();
        let mut reader = FileReader::new(directory.path().into(), &environment, &report);
        let node = reader.layer(directory.path().join(files[0].0));
        report.finish().map_err(|errors| errors.to_string())?;
        Ok(node.unwrap().to_json())
    }

    #[test]
    fn a_value_without_its_variable_is_absent_and_the_rest_stays() {
        let text = "url: https://${HOST}\ntoken: ${TOKEN}\nlist: [a, '${TOKEN}', b]\nobject: { x: '${TOKEN}' }\nkept: '$${HOST}'\n";
        let expected = json!({ "url": "https://example.org", "list": ["a", "b"], "object": {}, "kept": "${HOST}" });
        assert_eq!(read(&[("a.yaml", text)]).unwrap(), expected);
    }

    #[test]
    fn env_takes_a_whole_variable() {
        assert_eq!(
            read(&[("a.yaml", "a: { $env: SPACED }\nb: { $env: UNSET }\nc: { $env: '${UNSET:-HOST}' }\n")]).unwrap(),
            json!({ "a": "x", "c": "example.org" })
        );
    }

    #[test]
    fn file_takes_a_text_without_its_last_newline() {
        let files = [("config/a.yaml", "key: { $file: '${DIR}/key.txt' }\n"), ("config/secrets/key.txt", "  two\nlines ${HOST}\n\n")];
        assert_eq!(read(&files).unwrap(), json!({ "key": "  two\nlines ${HOST}" }));
    }

    #[test]
    fn include_takes_a_part_and_goes_on_from_there() {
        let files = [
            ("config/a.yaml", "whole: { $include: ../b/b.json }\npart: { $include: '../b/b.json#x.y' }\nmissing: { $include: '../b/b.json#x.z' }\n"),
            ("b/b.json", r#"{ "x": { "y": { "text": { "$file": "t.txt" }, "more": { "$include": "c.yml#c" } } } }"#),
            ("b/t.txt", "t"),
            ("b/c.yml", "c: 'at ${HOST}'\n"),
        ];
        let y = json!({ "text": "t", "more": "at example.org" });
        assert_eq!(read(&files).unwrap(), json!({ "whole": { "x": { "y": y.clone() } }, "part": y }));
    }

    #[test]
    fn every_fault_names_the_file_and_the_key() {
        let text = "a: { $file: missing.txt }\nb: { $include: missing.yaml }\nc: { $include: secrets.toml }\nd: { $file: x, y: z }\ne: { $env: [1] }\n\
                    f: { $file: '${UNSET}' }\ng: { $include: 'b.yaml#x.y.z' }\nh: { $include: broken.json }\ni: [{ $include: b.yaml#twice }]\n";
        let faults = read(&[("a.yaml", text), ("b.yaml", "x: { y: 1 }\ntwice: { $file: gone }\n"), ("broken.json", "{ \"x\": }")]);
        insta::assert_snapshot!(faults.unwrap_err(), @r"
        a.yaml: a: $file cannot read missing.txt: no such file
        a.yaml: b: $include cannot read missing.yaml: no such file
        a.yaml: c: $include of secrets.toml: expected a file that ends in .json, .yaml or .yml
        a.yaml: d: include key $file should not have adjacent keys; put it one level down, alone
        a.yaml: e: $env include value is not a string
        a.yaml: f: a variable in the value of $file is not set
        a.yaml: g: $include of b.yaml: value at 'x.y' is not an object
        broken.json: h: not valid JSON: expected value at line 1 column 8
        b.yaml: i[0]: $file cannot read gone: no such file
        ");
    }

    #[test]
    fn a_cycle_ends_in_a_fault() {
        insta::assert_snapshot!(read(&[("a.yaml", "x: { $include: a.yaml }\n")]).unwrap_err(), @"a.yaml: x: $include of a.yaml leads back to itself");
        insta::assert_snapshot!(read(&[("a.yaml", "x: { $include: 'b.yaml#y' }\n"), ("b.yaml", "y: { z: { $include: 'b.yaml#y' } }\n")]).unwrap_err(), @"b.yaml: x.z: $include of b.yaml#y leads back to itself");
    }

    #[test]
    fn parts_of_a_file_may_use_other_parts_of_it() {
        assert_eq!(read(&[("a.yaml", "x: 1\ny: { $include: 'a.yaml#x' }\n")]).unwrap(), json!({ "x": 1, "y": 1 }));
    }

    #[test]
    fn a_file_that_is_no_configuration_is_a_fault() {
        insta::assert_snapshot!(read(&[("a.yaml", "- a\n")]).unwrap_err(), @"a.yaml: expected an object of keys, got a list");
        insta::assert_snapshot!(read(&[("a.yaml", "a: 1\na: 2\n")]).unwrap_err(), @r#"a.yaml: not valid YAML: duplicate entry with key "a""#);
        assert_eq!(read(&[("a.yaml", "")]).unwrap(), json!({}));
    }
}
