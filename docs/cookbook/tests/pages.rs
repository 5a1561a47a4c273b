//! What a page shows is what is built and tested: the code of its examples word for word, and in the table the lines that an author writes and the powers
//! that they ask for. `COOKBOOK=update cargo test -p cookbook --test pages` writes both anew.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// The most lines that a pattern may take.
const MAX_LINES: usize = 15;

/// In the order of the contract.
const POWERS: [&str; 10] = [
    "fallback",
    "issue-self",
    "add-ownership",
    "replace-ownership",
    "add-token-claims",
    "sensitive-headers",
    "verified-claims",
    "unverified-claims",
    "groups",
    "http-client",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder with this ending, in order.
fn files(folder: &str, end: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.to_string_lossy().ends_with(end));
    files.sort();
    files
}

/// An example without its tests: what an author copies.
fn shown(example: &str) -> String {
    let text = fs::read_to_string(root().join(example)).unwrap_or_else(|error| panic!("{example}: {error}"));
    let (code, tests) = text.split_once("\n#[cfg(test)]\n").unwrap_or_else(|| panic!("{example} has no tests"));
    assert!(tests.contains("#[test]"), "{example} has no tests");
    code.to_owned()
}

/// The lines of code that are the author's own: neither imports nor comments nor blank ones.
fn own_lines(code: &str) -> usize {
    let mut importing = false;
    let own = code.lines().map(str::trim).filter(|line| {
        importing |= line.starts_with("use ");
        let counts = !importing && !line.is_empty() && !line.starts_with("//");
        importing &= !line.ends_with(';');
        counts
    });
    own.count()
}

/// The powers that the cases of an example grant, or its tests: those that it asks for.
fn powers(stem: &str) -> Vec<&'static str> {
    let mut powers = POWERS.to_vec();
    if let Ok(cases) = fs::read_to_string(root().join(format!("cases/{stem}.cases.yaml"))) {
        let cases: Value = serde_yaml::from_str(&cases).unwrap();
        powers.retain(|power| cases["given"]["grants"].get(power).is_some());
    } else {
        let tests = fs::read_to_string(root().join(format!("examples/{stem}.rs"))).unwrap();
        powers.retain(|power| tests.contains(&format!(".grant_{}(", power.replace('-', "_"))));
    }
    powers
}

fn table() -> String {
    let rows = files("examples", ".rs").into_iter().map(|file| {
        let stem = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let number = &stem[..2];
        let page = files(".", ".md").into_iter().map(|page| page.file_name().unwrap().to_string_lossy().into_owned());
        let page = page.into_iter().find(|page| page.starts_with(number)).unwrap_or_else(|| panic!("there is no page {number}"));
        let lines = own_lines(&shown(&format!("examples/{stem}.rs")));
        let powers = powers(&stem).iter().map(|power| format!("`{power}`")).collect::<Vec<_>>().join(", ");
        format!("| [{number}]({page}) | [`{stem}.rs`](examples/{stem}.rs) | {lines} | {} |\n", if powers.is_empty() { "none".into() } else { powers })
    });
    format!("| pattern | example | lines | powers |\n|---|---|---|---|\n{}", rows.collect::<String>())
}

/// The page with code and table as they are now.
fn renewed(page: &str) -> String {
    let mut renewed = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        renewed += line;
        renewed.push('\n');
        let example = line.strip_suffix("):").and_then(|line| line.rsplit_once("](")).map(|(_, target)| target);
        if let Some(example) = example.filter(|target| target.starts_with("examples/")) {
            assert_eq!(lines.next(), Some("```rust"), "{line} stands above its code");
            lines.by_ref().find(|line| *line == "```").expect("a block ends");
            renewed += &format!("```rust\n{}```\n", shown(example));
        }
        if line == "<!-- the table is written by a test -->" {
            while lines.next_if(|line| line.starts_with('|')).is_some() {}
            renewed += &table();
        }
    }
    renewed
}

#[test]
fn the_pages_show_what_is_tested() {
    let pages = files(".", ".md");
    assert_eq!(pages.len(), 16, "a page for each pattern, and the README");
    for page in &pages {
        let (name, text) = (page.display(), fs::read_to_string(page).unwrap());
        if env::var_os("COOKBOOK").is_some() {
            fs::write(page, renewed(&text)).unwrap();
        } else {
            assert!(renewed(&text) == text, "{name} is not up to date: COOKBOOK=update cargo test -p cookbook --test pages");
        }
    }
    let pages: Vec<_> = pages.iter().map(|page| fs::read_to_string(page).unwrap()).collect();
    for example in files("examples", ".rs") {
        let link = format!("](examples/{}):\n", example.file_name().unwrap().to_str().unwrap());
        assert_eq!(pages.iter().filter(|page| page.contains(&link)).count(), 1, "{link} stands on one page");
    }
}

#[test]
fn no_pattern_takes_more_than_15_lines() {
    for example in files("examples", ".rs") {
        let name = example.file_name().unwrap().to_str().unwrap();
        let lines = own_lines(&shown(&format!("examples/{name}")));
        assert!((1..=MAX_LINES).contains(&lines), "{name}: {lines} lines");
    }
    assert_eq!(own_lines("//! a\nuse x::{\n    y,\n};\nuse z;\n\n/// b\nfn f() {\n    // c\n    g();\n}\n"), 3);
}

/// The configuration on a page grants the powers that the cases of that component grant.
#[test]
fn the_pages_grant_what_is_asked_for() {
    let mut granting = 0;
    for page in files(".", ".md") {
        let text = fs::read_to_string(&page).unwrap();
        for block in text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            let config: Value = serde_yaml::from_str(block).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
            for (name, component) in config["stagedoor"]["components"].as_object().into_iter().flatten() {
                let source = component["source"].as_str().unwrap_or_else(|| panic!("{name} has no source"));
                let stem = source.trim_start_matches("./").trim_end_matches(".wasm");
                let example = files("examples", &format!("_{stem}.rs")).pop().unwrap_or_else(|| panic!("{source} is no example"));
                let granted: Vec<_> = POWERS.into_iter().filter(|power| component["grants"].get(power).is_some()).collect();
                assert_eq!(granted, powers(example.file_stem().unwrap().to_str().unwrap()), "{}: {name}", page.display());
                granting += 1;
            }
        }
    }
    assert!(granting >= 15, "each page shows a configuration");
}
