//! Every row of the collection of real resolvers is a case of the cookbook: 59 numbers, each in the name of a case, or of a test where no case can say it.

use std::{collections::BTreeSet, fs, path::Path};

/// How many rows each pattern has, in order.
const ROWS: [u32; 15] = [7, 4, 5, 4, 4, 4, 4, 5, 3, 1, 3, 3, 4, 4, 4];

/// What stands behind `mark`, up to what is no number of a row.
fn numbers(text: &str, mark: &str, dot: char) -> BTreeSet<(u32, u32)> {
    let behind = text.split(mark).skip(1);
    behind
        .filter_map(|rest| {
            let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == dot).collect();
            let (pattern, row) = number.trim_end_matches(dot).split_once(dot)?;
            Some((pattern.parse().ok()?, row.parse().ok()?))
        })
        .collect()
}

fn read_all(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
}

#[test]
fn all_59_rows_are_covered() {
    let all: BTreeSet<_> = (1..).zip(ROWS).flat_map(|(pattern, rows)| (1..=rows).map(move |row| (pattern, row))).collect();
    assert_eq!(all.len(), 59);
    let cases = read_all("cases").into_iter().flat_map(|file| numbers(&file, "- name: '", '.'));
    let tests = read_all("examples").into_iter().flat_map(|file| numbers(&file, "fn row_", '_'));
    let covered: BTreeSet<_> = cases.chain(tests).collect();
    assert_eq!(covered.difference(&all).collect::<Vec<_>>(), Vec::<&(u32, u32)>::new(), "there are no such rows");
    assert_eq!(all.difference(&covered).collect::<Vec<_>>(), Vec::<&(u32, u32)>::new(), "no case has these numbers");
}

#[test]
fn every_example_has_its_cases() {
    let names = |folder: &str, end: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter_map(|name| name.strip_suffix(end).map(str::to_owned)).collect::<BTreeSet<_>>()
    };
    let (examples, cases) = (names("examples", ".rs"), names("cases", ".cases.yaml"));
    assert_eq!(cases.difference(&examples).count(), 0, "cases of no example");
    for name in &examples {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.rs"))).unwrap();
        // A case is about a resolver; the other kinds of components have tests.
        let expected = if text.contains("export_resolver!") { format!("cases(\"cases/{name}.cases.yaml\"") } else { "fn row_".to_owned() };
        assert!(text.contains(&expected), "{name}: does not run its cases");
        assert!(include_str!("../Cargo.toml").contains(&format!("path = \"examples/{name}.rs\"")), "{name}: is not in Cargo.toml");
    }
}
