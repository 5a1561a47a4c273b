//! The cases in which our answer is not Backstage's, as docs/differences.md says. There is no other list.

use std::collections::BTreeMap;

use crate::normalise::Seen;

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

/// Backstage's answer with an empty body framed as ours, which the page says too: it has a length, except where the status says that there is none.
pub(crate) fn with_listed_framing(mut backstage: Seen) -> Seen {
    let headers = &mut backstage.headers;
    if matches!(backstage.status, 204 | 304) {
        headers.remove("content-length");
    } else if backstage.body == "" && !headers.contains_key("content-length") {
        headers.remove("transfer-encoding");
        headers.insert("content-length".to_owned(), "0".to_owned());
    }
    backstage
}
