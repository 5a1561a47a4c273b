//! Compares answers with Backstage's: equal, or different as docs/differences.md says. Nothing else passes.

use std::{collections::BTreeMap, fmt::Write};

use crate::{
    cases::Suite,
    lists::{ADDED_HEADERS, Difference, deliberate, is_shown, with_listed_framing},
    normalise::Seen,
};

/// What came of the comparison so far.
pub(crate) struct Judge {
    deliberate: BTreeMap<String, Difference>,
    compared: usize,
    equal: usize,
    problems: String,
}

impl Judge {
    /// Nothing is compared yet.
    pub(crate) fn new() -> Self {
        Self { deliberate: deliberate(), compared: 0, equal: 0, problems: String::new() }
    }

    /// Compares the answers to the cases of a suite.
    pub(crate) fn compare(&mut self, suite: &Suite, backstage: Vec<Seen>, stagedoor: Vec<Seen>) {
        assert_eq!((suite.cases.len(), suite.cases.len()), (backstage.len(), stagedoor.len()), "{}: every case is answered", suite.name);
        for (case, (backstage, stagedoor)) in suite.cases.iter().zip(backstage.into_iter().zip(stagedoor)) {
            self.case(&case.id, &with_listed_framing(backstage), stagedoor);
        }
    }

    fn case(&mut self, id: &str, backstage: &Seen, mut stagedoor: Seen) {
        self.compared += 1;
        if stagedoor.headers.contains_key("stagedoor-decision") {
            stagedoor.headers.retain(|name, _| !ADDED_HEADERS.contains(&name.as_str()));
        }
        let equal = stagedoor == *backstage;
        let problem = match self.deliberate.remove(id) {
            Some(shown) => {
                let as_listed = !equal && is_shown(&backstage.summary(), &shown.backstage) && is_shown(&stagedoor.summary(), &shown.stagedoor);
                (!as_listed).then_some("does not differ in the way that docs/differences.md says")
            }
            None => (!equal).then_some("differs"),
        };
        self.equal += usize::from(equal);
        if let Some(problem) = problem {
            let (theirs, ours) = (backstage.summary(), stagedoor.summary());
            let _ = writeln!(self.problems, "{id} {problem}\n  Backstage: {theirs} {backstage:?}\n  stagedoor: {ours} {stagedoor:?}");
        }
    }

    /// Says how many cases were compared with what, and fails if anything differs that is not listed, or is listed and does not differ.
    pub(crate) fn finish(self, with: &str) {
        let listed = self.compared - self.equal;
        // Past the capture of the test harness, which would swallow what a passing test prints.
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!("\n{} cases compared with {with}: {} equal, {listed} different as listed\n", self.compared, self.equal),
        );
        assert!(self.problems.is_empty(), "{}", self.problems);
        assert!(self.deliberate.is_empty(), "docs/differences.md lists cases that are none: {:?}", self.deliberate.keys());
    }
}
