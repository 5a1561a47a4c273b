//! The cases as data, and the requests that they mean. `cases.json` is made of the reference's own, `more.json` is this project's.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use stagedoor_tests::backstage::Plugins;

use crate::{
    faulty::{self, FAULTY},
    normalise::Seen,
};

/// Suites of the reference.
const REFERENCE: &str = include_str!("cases.json");
/// This project's own, each with what it changes in the configuration.
const MORE: &str = include_str!("more.json");

/// Cases that share one configuration.
pub(crate) struct Suite {
    /// Its name.
    pub(crate) name: String,
    /// What it changes in the configuration.
    pub(crate) changes: Value,
    /// In the order in which they are sent.
    pub(crate) cases: Vec<Case>,
}

/// One request.
pub(crate) struct Case {
    /// `suite/name`.
    pub(crate) id: String,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
    chunked: bool,
}

/// Every suite, the reference's first.
pub(crate) fn suites() -> Vec<Suite> {
    let (reference, more): (Value, Value) = (serde_json::from_str(REFERENCE).expect("cases.json"), serde_json::from_str(MORE).expect("more.json"));
    let changes = |name: &str| if name == FAULTY { faulty::changes() } else { Value::Null };
    let reference = reference.as_object().expect("suites").iter().map(|(name, cases)| Suite::new(name, changes(name), cases));
    let more = more.as_object().expect("suites").iter().map(|(name, suite)| Suite::new(name, suite["config"].clone(), &suite["cases"]));
    reference.chain(more).collect()
}

impl Suite {
    fn new(name: &str, changes: Value, cases: &Value) -> Self {
        let cases = cases.as_array().expect("a list of cases").iter().map(|case| Case::new(name, case)).collect();
        Self { name: name.to_owned(), changes, cases }
    }

    /// What runs in the Backstage that is compared.
    pub(crate) fn plugins(&self) -> Plugins {
        if self.name == FAULTY { Plugins::Auth } else { Plugins::All }
    }

    /// What Backstage answered when it was recorded, in the order of the cases.
    pub(crate) fn golden(&self) -> Vec<Seen> {
        let text = fs::read_to_string(self.golden_path()).unwrap_or_else(|error| panic!("{}: {error}; record it", self.name));
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a recorded answer")).collect();
        let (recorded, sent) = (lines.iter().map(|line| line["case"].as_str().unwrap_or_default()), self.cases.iter().map(Case::name));
        assert!(recorded.eq(sent), "{}: the recorded answers stand in the order of the cases; record it again", self.name);
        lines.iter().map(Seen::recorded).collect()
    }

    /// Writes what Backstage answered.
    pub(crate) fn record(&self, answers: &[Seen]) {
        let lines = self.cases.iter().zip(answers).map(|(case, seen)| format!("{}\n", seen.line(case.name())));
        fs::write(self.golden_path(), lines.collect::<String>()).expect("golden/ can be written");
    }

    fn golden_path(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("conformance/golden/{}.jsonl", self.name))
    }
}

impl Case {
    fn new(suite: &str, case: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let fields = case["headers"].as_array().into_iter().flatten();
        let repeated = case["times"].as_u64().map_or(1, |times| usize::try_from(times).expect("a small number"));
        Self {
            id: format!("{suite}/{}", text(&case["name"])),
            method: case["method"].as_str().unwrap_or("GET").to_owned(),
            path: text(&case["path"]),
            headers: fields.map(|field| (text(&field[0]), text(&field[1]))).collect(),
            body: text(&case["body"]).repeat(repeated),
            chunked: case["chunked"] == true,
        }
    }

    fn name(&self) -> &str {
        self.id.split_once('/').map_or("", |(_, name)| name)
    }

    /// The bytes of the request, with `{{name}}` replaced.
    pub(crate) fn bytes(&self, values: &BTreeMap<&str, String>) -> Vec<u8> {
        let fill = |text: &str| values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value));
        let mut request = format!("{} {} HTTP/1.1\r\nhost: 127.0.0.1:7007\r\n", self.method, fill(&self.path));
        for (name, value) in &self.headers {
            let _ = write!(request, "{name}: {}\r\n", fill(value));
        }
        assert!(!request.contains("{{"), "{}: a value that was not made", self.id);
        let body = if self.chunked { format!("{:x}\r\n{}\r\n0\r\n\r\n", self.body.len(), self.body) } else { self.body.clone() };
        let framing = match (self.chunked, body.len()) {
            (true, _) => "transfer-encoding: chunked\r\n".to_owned(),
            (false, 0) => String::new(),
            (false, length) => format!("content-length: {length}\r\n"),
        };
        let _ = write!(request, "{framing}connection: close\r\n\r\n{body}");
        request.into_bytes()
    }
}
