//! What came of a case file.

use serde::Serialize;

/// What came of the cases of one file.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The component's name in the configuration.
    pub component: String,
    /// The case file.
    pub file: String,
    /// SHA-256 of the component; `None` where none of the cases could load it.
    pub digest: Option<String>,
    /// In the order of the file.
    pub cases: Vec<CaseReport>,
}

/// What came of one case. It has passed if there is neither a difference nor a fault.
#[derive(Debug, Serialize)]
pub struct CaseReport {
    /// Its name.
    pub name: String,
    /// Whether it has passed.
    pub passed: bool,
    /// Where the outcome is another than the expected one.
    pub differences: Vec<Difference>,
    /// What keeps the case from saying anything.
    pub faults: Vec<String>,
    /// The decision record, one line a step.
    pub record: Vec<String>,
}

/// One member of the outcome that is not as expected, one line for each of its parts.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `user`, `ownership`, `profile`, `claims`, `error`, or `load`.
    pub member: &'static str,
    /// What the case expects; empty for nothing.
    pub expected: Vec<String>,
    /// What came; empty for nothing.
    pub got: Vec<String>,
}

impl Report {
    /// How many cases have not passed.
    pub fn failed(&self) -> usize {
        self.cases.iter().filter(|case| !case.passed).count()
    }
}
