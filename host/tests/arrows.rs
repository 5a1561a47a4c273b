//! The arrows between the modules of the host: strictly one way, as the table says. A new arrow is a decision, made here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Each module and those it may use, from the top floor to the ground.
const ALLOWED: [(&str, &[&str]); 27] = [
    ("main", &["cli", "commands", "telemetry", "wasm"]),
    ("cli", &[]),
    ("commands", &["cases", "cli", "serve", "config", "domain", "lifecycle", "ports", "sign_in"]),
    (
        "serve",
        &[
            "lifecycle",
            "audit",
            "cases",
            "catalog",
            "config",
            "database",
            "domain",
            "generation",
            "http",
            "oidc",
            "outbound",
            "ports",
            "proxy",
            "sign_in",
            "tables",
            "tokens",
            "user_cookie",
            "user_info",
            "wasm",
        ],
    ),
    // A composition root of its own: a case's world is made of fakes, the catalog of files, and the door.
    ("cases", &["catalog", "config", "domain", "generation", "ports", "proxy", "sign_in", "wasm"]),
    ("lifecycle", &[]),
    ("telemetry", &[]),
    ("http", &["generation", "sign_in", "user_cookie", "user_info", "ports", "domain", "defect"]),
    ("generation", &["sign_in", "user_cookie", "user_info", "wasm", "source", "config", "ports", "domain"]),
    ("audit", &["ports", "domain"]),
    ("sign_in", &["ports", "domain", "defect"]),
    ("user_cookie", &["ports"]),
    ("user_info", &["ports"]),
    ("wasm", &["config", "ports", "domain"]),
    ("catalog", &["config", "outbound", "ports", "domain", "defect", "found_file"]),
    ("tables", &["config", "outbound", "ports", "domain", "found_file"]),
    ("oidc", &["config", "outbound", "ports", "domain"]),
    ("outbound", &["config", "ports", "domain"]),
    ("tokens", &["ports", "domain"]),
    ("database", &["config", "ports", "domain"]),
    ("proxy", &["config", "ports", "domain"]),
    ("source", &[]),
    ("ports", &["domain"]),
    ("config", &["domain"]),
    ("domain", &[]),
    ("defect", &[]),
    ("found_file", &[]),
];

/// Crates that only these rooms may open.
const OWNED: [(&str, &[&str]); 19] = [
    ("aho_corasick", &["wasm/revealed"]),
    ("memchr", &["outbound/answer"]),
    ("tokio_rustls", &["http"]),
    ("webpki", &["http/tls"]),
    ("rcgen", &["http/tls"]),
    ("sd_notify", &["lifecycle"]),
    ("wasmtime", &["wasm"]),
    ("axum", &["http", "serve"]),
    ("hyper", &["http"]),
    ("hyper_util", &["http"]),
    ("tower_http", &["http/layers/compression"]),
    ("jsonwebtoken", &["tokens", "oidc/key"]),
    ("aws_lc_rs", &["tokens", "tables", "wasm", "ports", "generation", "proxy", "http/tls", "http/answer"]),
    ("reqwest", &["outbound"]),
    ("url", &["domain/outbound_url", "outbound"]),
    ("sqlx", &["database"]),
    ("serde_yaml", &["config/yaml"]),
    ("clap", &["cli", "main"]),
    ("csv", &["tables"]),
];

#[test]
fn arrows_run_one_way() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let room = room(&file);
        let Some((_, allowed)) = ALLOWED.iter().find(|(module, _)| *module == room) else {
            wrong.push(format!("{}: the module {room} is not in the table", file.display()));
            continue;
        };
        for used in uses(&file, &text) {
            if used != room && !allowed.contains(&used.as_str()) {
                wrong.push(format!("{}: {room} -> {used}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the table does not allow:\n{}", wrong.join("\n"));
}

#[test]
fn no_arrow_of_the_table_runs_in_a_circle() {
    let table: BTreeMap<_, _> = ALLOWED.into_iter().collect();
    for module in table.keys() {
        let (mut seen, mut next) = (BTreeSet::new(), vec![*module]);
        while let Some(at) = next.pop() {
            for used in table[at] {
                assert_ne!(used, module, "{module} is reached from itself through {at}");
                if seen.insert(*used) {
                    next.push(used);
                }
            }
        }
    }
}

#[test]
fn some_crates_belong_to_one_room() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let name = file.with_extension("").display().to_string();
        for (owned, rooms) in OWNED {
            let here = rooms.iter().any(|room| name == *room || name.starts_with(&format!("{room}/")));
            if names(&text, owned) && !here {
                wrong.push(format!("{}: {owned}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "crates used outside of their room:\n{}", wrong.join("\n"));
}

#[test]
fn the_check_sees_what_it_looks_for() {
    let text =
        "use crate::{\n    domain::{a, b},\n    ports::x,\n};\nuse crate::wasm::y;\nlet z = crate::http::router();\npub(in crate::wasm) fn f() {}";
    let found = |file: &str, text: &str| uses(Path::new(file), text);
    assert_eq!(found("catalog.rs", text), ["domain", "http", "ports", "wasm"].map(str::to_owned).into());

    // From wasm/engine.rs, one step up is wasm and two are the root; in a module of tests it is one more.
    let climbing =
        "use super::store;\nuse super::super::{tokens::key, proxy};\nmod tests {\n use super::super::Engine;\n super::super::super::serve::x();\n}";
    assert_eq!(found("wasm/engine.rs", climbing), ["proxy", "serve", "tokens"].map(str::to_owned).into());
    assert_eq!(found("sign_in.rs", "use super::tokens;\nmod tests {\n use super::SignIn;\n use super::clock;\n}"), ["tokens".to_owned()].into());
    assert_eq!(found("wasm/compile/cache.rs", "use super::super::engine;\npub(super) fn f() {}"), [].into());

    assert!(names("use hyper::body;", "hyper") && names("let x = hyper::y;", "hyper") && names("use hyper;", "hyper"));
    assert!(!names("use hyper_util::rt; // not hyper", "hyper") && !names("my_hyper::x", "hyper"));
}

/// Every source file, by its path below `src`.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut next = vec![root.clone()];
    while let Some(directory) = next.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                next.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("src/lib.rs") {
                found.push((path.strip_prefix(&root).unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 50, "the sources are where they were");
    found
}

/// The top-level module of a file.
fn room(file: &Path) -> String {
    file.with_extension("").components().next().unwrap().as_os_str().to_string_lossy().into_owned()
}

/// Whether a text names this crate.
fn names(text: &str, owned: &str) -> bool {
    text.match_indices(owned).any(|(at, _)| {
        let part_of_a_word = |c: char| c.is_alphanumeric() || c == '_';
        let rest = &text[at + owned.len()..];
        let alone = !text[..at].ends_with(part_of_a_word) && !rest.starts_with(part_of_a_word);
        alone && (rest.starts_with("::") || text[..at].ends_with("use "))
    })
}

/// The top-level modules that a file names after `crate::`, also in groups, for the binary after `stagedoor::`, and by climbing to the root.
fn uses(file: &Path, text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut add = |rest: &str| match rest.strip_prefix('{') {
        Some(group) => found.extend(first_names(group)),
        None => found.extend(name(rest)),
    };
    for prefix in ["crate::", "stagedoor::"] {
        for (at, _) in text.match_indices(prefix) {
            add(&text[at + prefix.len()..]);
        }
    }
    // A file's tests are a module of their own, one step further down; in this house they stand at its end.
    let tests = text.find("mod tests {").unwrap_or(text.len());
    let depth = file.components().count();
    for (at, _) in text.match_indices("super::").filter(|(at, _)| !text[..*at].ends_with("super::")) {
        let rest = text[at..].trim_start_matches("super::");
        let climbs = (text.len() - at - rest.len()) / "super::".len();
        if climbs == depth + usize::from(at > tests) {
            add(rest);
        }
    }
    // WIT's package is named like the crate.
    found.remove("resolver");
    found.remove("host");
    found
}

/// The names at the outermost level of `{a::b, c::{d, e}}`, given what follows the brace.
fn first_names(group: &str) -> Vec<String> {
    let (mut names, mut depth, mut fresh) = (Vec::new(), 0_i32, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && depth == 0 && !c.is_whitespace() => {
                names.extend(name(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn name(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let name = text[..end].trim_start_matches("r#");
    (!name.is_empty() && name.chars().all(|c| c.is_lowercase() || c == '_')).then(|| name.to_owned())
}
