//! `stagedoor.components`: the components that resolvers may name, and what each of them may do.

use std::{collections::BTreeMap, path::PathBuf, sync::LazyLock};

use regex::Regex;
use schemars::JsonSchema;

use super::grants::{self, GrantsSchema};
use crate::{
    config::{ConfigError, Origin, field::Field},
    domain::grant::Grants,
};

/// A name that can stand in a variable `APP_CONFIG_…`, a log line and a metric: Backstage's rule for keys.
pub(super) static NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^[A-Za-z][A-Za-z0-9]*([-_:][A-Za-z0-9]+)*$").expect("the pattern is constant"));

const EXPECTED_DIGEST: &str = "sha256: and 64 hexadecimal digits";

static DIGEST: LazyLock<Regex> = LazyLock::new(|| Regex::new("^sha256:[0-9a-f]{64}$").expect("the pattern is constant"));

/// A path, or a list of paths.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// A component.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(rename_all = "camelCase", deny_unknown_fields, extend("required" = ["source"]))]
pub struct ComponentConfig {
    /// The WebAssembly file, relative to the file that names it. Live.
    #[schemars(with = "String")]
    pub source: PathBuf,
    /// `sha256:` and 64 hexadecimal digits: other bytes are not loaded. Live.
    #[schemars(with = "String", extend("pattern" = "^sha256:[0-9a-fA-F]{64}$"))]
    pub digest: Option<String>,
    /// What it may do: each power that it imports is granted here within bounds, or denied. Live.
    #[schemars(with = "GrantsSchema")]
    pub grants: Grants,
    /// Case files that say what must come of it, each relative to the file that names it; `stagedoor resolver test` runs them. Default: the file beside the
    /// component whose name ends in `.cases.yaml`, if there is one. Live.
    #[schemars(with = "OneOrMore")]
    pub cases: Option<Vec<PathBuf>>,
    /// The file that defines it; the last one, if several do.
    #[schemars(skip)]
    pub origin: Origin,
    /// Where it stands there: `stagedoor.components.corpUser`.
    #[schemars(skip)]
    pub path: String,
}

impl ComponentConfig {
    /// A fault of this component, found later. The key is one of its own, such as `digest`; empty for the component itself.
    pub fn error(&self, key: &str, message: impl Into<String>) -> ConfigError {
        let path = if key.is_empty() { self.path.clone() } else { format!("{}.{key}", self.path) };
        ConfigError::at(&self.origin, path, message)
    }

    pub(super) fn read_all(components: &Field<'_>) -> BTreeMap<String, Self> {
        let components = components.entries().into_iter();
        components.filter_map(|(name, field)| Some((name.to_owned(), Self::read(name, &field)?))).collect()
    }

    fn read(name: &str, field: &Field<'_>) -> Option<Self> {
        if !NAME.is_match(name) {
            field.error::<()>("a name consists of letters and digits, starts with a letter, and may hold single - _ : between them");
        }
        field.only(&["source", "digest", "grants", "cases"]);
        let (source, digest, grants) = (source(&field.key("source")), digest(&field.key("digest")), grants::read(&field.key("grants")));
        let cases = cases(&field.key("cases"));
        Some(Self { source: source?, digest, grants, cases, origin: field.origin().clone(), path: field.path().to_string() })
    }

    /// The files with its cases: those that are named, else the one beside it.
    pub fn case_files(&self) -> Vec<PathBuf> {
        let beside = || self.source.with_extension("cases.yaml");
        self.cases.clone().unwrap_or_else(|| Some(beside()).filter(|file| file.exists()).into_iter().collect())
    }
}

fn cases(field: &Field<'_>) -> Option<Vec<PathBuf>> {
    let items = field.items_or_one()?;
    items.iter().map(|item| item.string("the path of a case file").map(|path| item.origin().resolve(path))).collect()
}

fn source(field: &Field<'_>) -> Option<PathBuf> {
    let text = field.required_string("the path of a .wasm file")?;
    if text.contains("://") {
        return field.error("only files are supported yet: write a path, relative to this file");
    }
    Some(field.origin().resolve(text))
}

fn digest(field: &Field<'_>) -> Option<String> {
    let digest = field.string(EXPECTED_DIGEST)?.to_ascii_lowercase();
    if DIGEST.is_match(&digest) { Some(digest) } else { field.expected_shown(EXPECTED_DIGEST) }
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{faults, loaded};

    #[test]
    fn a_component_is_a_file_beside_the_one_that_names_it() {
        let digest = "A".repeat(64);
        let config =
            loaded(&format!("stagedoor: {{ components: {{ corpUser: {{ source: ./wasm/../corp_user.wasm, digest: 'sha256:{digest}' }} }} }}"));
        let component = &config.stagedoor.components["corpUser"];
        assert_eq!(component.source, component.origin.directory().join("corp_user.wasm"));
        assert_eq!(component.digest, Some(format!("sha256:{}", "a".repeat(64))));
        assert_eq!(component.error("digest", "is another").to_string(), "app-config.yaml: stagedoor.components.corpUser.digest: is another");
        assert_eq!(component.error("", "is broken").to_string(), "app-config.yaml: stagedoor.components.corpUser: is broken");
        assert!(loaded("{}").stagedoor.components.is_empty());
    }

    #[test]
    fn faults_of_all_components_are_found_at_once() {
        let text = "stagedoor:\n  components:\n    a: {}\n    b: { source: 'oci://ghcr.io/x/y:1' }\n    c: { source: x.wasm, digest: 'sha256:12' }\n    \
                    'd e': { source: x.wasm }\n    f: { source: 7, sorce: x, signature: x }\n    g: x.wasm\n";
        insta::assert_snapshot!(faults(text), @r#"
        app-config.yaml: stagedoor.components.a.source: missing; expected the path of a .wasm file
        app-config.yaml: stagedoor.components.b.source: only files are supported yet: write a path, relative to this file
        app-config.yaml: stagedoor.components.c.digest: expected sha256: and 64 hexadecimal digits, got "sha256:12"
        app-config.yaml: stagedoor.components.d e: a name consists of letters and digits, starts with a letter, and may hold single - _ : between them
        app-config.yaml: stagedoor.components.f.signature: unknown key; the keys here are source, digest, grants, cases
        app-config.yaml: stagedoor.components.f.sorce: unknown key; did you mean source?
        app-config.yaml: stagedoor.components.f.source: expected the path of a .wasm file, got a number
        app-config.yaml: stagedoor.components.g: expected an object of keys, got a string
        "#);
    }
}
