//! The cases as data, and the requests that they mean. Made of the reference's own files; README.md says how.

use std::{collections::BTreeMap, fmt::Write};

use serde_json::Value;

use crate::normalise::Seen;

const CASES: &str = include_str!("cases.json");
const GOLDEN: [(&str, &str); 7] = [
    ("base", include_str!("golden/base.jsonl")),
    ("username", include_str!("golden/username.jsonl")),
    ("email", include_str!("golden/email.jsonl")),
    ("localpart", include_str!("golden/localpart.jsonl")),
    ("dangerous", include_str!("golden/dangerous.jsonl")),
    ("claims", include_str!("golden/claims.jsonl")),
    ("faulty", include_str!("golden/faulty.jsonl")),
];

/// Cases that share one configuration.
pub(crate) struct Suite {
    /// Its name.
    pub(crate) name: &'static str,
    /// In the order in which they were recorded.
    pub(crate) cases: Vec<Case>,
}

/// One request, with Backstage's answer.
pub(crate) struct Case {
    /// `suite/name`.
    pub(crate) id: String,
    /// What Backstage answered.
    pub(crate) golden: Seen,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// Every suite.
pub(crate) fn suites() -> Vec<Suite> {
    let cases: Value = serde_json::from_str(CASES).expect("cases.json");
    let suite = |(name, golden): (&'static str, &str)| {
        let golden = golden.lines().map(|line| serde_json::from_str::<Value>(line).expect("a recorded answer"));
        let requests = cases[name].as_array().expect("a suite of cases.json");
        let pairs: Vec<_> = requests.iter().zip(golden).map(|(request, golden)| Case::new(name, request, &golden)).collect();
        assert_eq!(pairs.len(), requests.len(), "{name}: as many answers as requests");
        Suite { name, cases: pairs }
    };
    GOLDEN.map(suite).into()
}

impl Case {
    fn new(suite: &str, request: &Value, golden: &Value) -> Self {
        assert_eq!(golden["case"], request["name"], "{suite}: answers stand in the order of the requests");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let fields = request["headers"].as_array().into_iter().flatten();
        Self {
            id: format!("{suite}/{}", text(&request["name"])),
            golden: Seen::recorded(golden),
            method: request["method"].as_str().unwrap_or("GET").to_owned(),
            path: text(&request["path"]),
            headers: fields.map(|field| (text(&field[0]), text(&field[1]))).collect(),
            body: text(&request["body"]),
        }
    }

    /// The bytes of the request, with `{{name}}` replaced.
    pub(crate) fn bytes(&self, tokens: &BTreeMap<&str, String>) -> Vec<u8> {
        let fill = |text: &str| tokens.iter().fold(text.to_owned(), |text, (name, token)| text.replace(&format!("{{{{{name}}}}}"), token));
        let mut request = format!("{} {} HTTP/1.1\r\nhost: 127.0.0.1:7007\r\n", self.method, fill(&self.path));
        for (name, value) in &self.headers {
            let _ = write!(request, "{name}: {}\r\n", fill(value));
        }
        if !self.body.is_empty() {
            let _ = write!(request, "content-length: {}\r\n", self.body.len());
        }
        let _ = write!(request, "connection: close\r\n\r\n{}", self.body);
        assert!(!request.contains("{{"), "{}: a token that was not made", self.id);
        request.into_bytes()
    }
}
