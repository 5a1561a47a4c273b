//! The cases in which our answer is not Backstage's: deliberately, as docs/differences.md says, or because the route or header comes with a later
//! issue. There is no third list.

use std::collections::BTreeMap;

/// How much of an answer comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Later {
    /// All of it.
    Answer,
    /// Headers; status and body are compared.
    Headers,
}

const CORS: &str = "later: CORS";
const COOKIE: &str = "later: the cookie routes";
const CATALOG: &str = "later: routes of the catalog, which this server passes on";

/// What comes with a later issue. An entry that is not needed any more fails the test.
pub(crate) const LATER: [(&str, Later, &str); 13] = [
    ("base/post-badencoding", Later::Answer, "later: errors of Backstage's body parsers"),
    ("base/preflight-allowed", Later::Answer, CORS),
    ("base/preflight-noheaders", Later::Answer, CORS),
    ("base/origin-allowed", Later::Headers, CORS),
    ("base/jwks-origin", Later::Headers, CORS),
    ("base/cookie-none", Later::Answer, COOKIE),
    ("base/cookie-ok", Later::Answer, COOKIE),
    ("base/cookie-limited", Later::Answer, COOKIE),
    ("base/cookie-bad", Later::Answer, COOKIE),
    ("base/cookie-delete", Later::Answer, COOKIE),
    ("base/catalog-noauth", Later::Answer, CATALOG),
    ("base/catalog-user", Later::Answer, CATALOG),
    ("base/catalog-tampered", Later::Answer, CATALOG),
];

/// The headers that every answer of refresh has beyond Backstage's, which the page says too.
pub(crate) const ADDED_HEADERS: [&str; 2] = ["cache-control", "stagedoor-decision"];

const PAGE: &str = include_str!("../../docs/differences.md");

/// A row of the page: what both answer, as [`Seen::summary`](crate::normalise::Seen::summary) says it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Backstage's answer.
    pub(crate) backstage: String,
    /// Ours.
    pub(crate) stagedoor: String,
}

/// The rows of the page's table of recorded cases.
pub(crate) fn deliberate() -> BTreeMap<String, Difference> {
    let (_, table) = PAGE.split_once("## Recorded cases that differ").expect("the page has a table of recorded cases");
    let rows = table.lines().take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`').to_owned()).collect();
        let [case, backstage, stagedoor] = <[String; 3]>::try_from(cells).expect("case, Backstage's answer, ours");
        (case, Difference { backstage, stagedoor })
    };
    rows.map(row).collect()
}

/// Whether an answer is the one that the page shows; `…` at the end stands for any text.
pub(crate) fn is_shown(answer: &str, shown: &str) -> bool {
    shown.strip_suffix('…').map_or(answer == shown, |start| answer.starts_with(start))
}
