//! Which files there are and in which order they count, by Backstage's rules, so that a team's app-config works as it is.
//!
//! Any `--config`: those files in order and no others. None: `app-config.yaml`, `app-config.<env>.yaml`, `app-config.local.yaml` and
//! `app-config.<env>.local.yaml`, for each name in `BACKSTAGE_ENV`. On top of either: `APP_CONFIG_…` variables.

use std::path::PathBuf;

use super::{
    ConfigSources, env,
    error::{ConfigError, Report},
    include::{Absent, FileReader, Noticed},
    key_path::KeyPath,
    merge::{merge, prune},
    origin::{self, Origin},
    tree::Node,
};

const DEFAULT_FILE: &str = "app-config.yaml";

/// The least that runs: printed where there is no configuration at all.
pub(super) const SMALLEST: &str = "\
auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: forwardedUserMatchingUserEntityName }] } } } }
catalog: { locations: [{ type: file, target: ./org.yaml }] } # your entities of kind User and Group
stagedoor: { listen: 127.0.0.1:7107 }
";

/// All layers in one tree, and the files they were read from.
pub(super) struct Loaded {
    pub(super) tree: Node,
    pub(super) files: Vec<PathBuf>,
}

/// Reads and merges every layer. With a fault in the report the tree is incomplete.
pub(super) fn load(sources: &ConfigSources, report: &Report) -> Loaded {
    let directory = std::path::absolute(&sources.directory).unwrap_or_else(|_| sources.directory.clone());
    let mut reader = FileReader::new(directory.clone(), &sources.environment, report);
    let mut tree = Node::empty(Origin::file(directory.join(DEFAULT_FILE), &directory));
    for path in files(sources, report) {
        if let Some(layer) = reader.layer(origin::resolve(&directory, &path)) {
            tree = merge(tree, layer);
        }
    }
    let Noticed { opened, absent, trimmed } = reader.finish();
    let variables = env::layer(&sources.environment, &directory, report);
    let origin = tree.origin.clone();
    // Whatever nobody wrote is missing from a file, not from the environment.
    let mut tree = Node { origin, ..merge(tree, variables) };
    report_idle(prune(&mut tree, &KeyPath::default()), report);
    report_absent(&tree, absent, report);
    report_trimmed(&tree, trimmed, report);
    Loaded { tree, files: opened }
}

/// The end of a file counts for nothing here, as in Backstage. The proxy that is to send the same secret reads the same file otherwise: oauth2-proxy's
/// `fromFile` takes every byte, and with a newline at the end answers each request with 502 (seen on v7.15.4).
fn report_trimmed(tree: &Node, trimmed: Vec<(Origin, KeyPath)>, report: &Report) {
    for (origin, path) in trimmed.into_iter().filter(|(origin, path)| tree.at(path.as_str()).is_some_and(|node| node.origin == *origin)) {
        if path.as_str().starts_with("stagedoor.trust.sharedSecret.values") {
            let message = "the file ends with a newline or a blank, which counts for nothing here; oauth2-proxy would send a fromFile secret as it \
                is and answer every request with 502: write the file without (`printf %s`)";
            report.warning(&origin, &path, message);
        }
    }
}

/// `null` takes a key away that a file before has. Where there is none it is what is left when all below a key was commented out, or was never filled in:
/// in our own section a fault, since a secret or a digest that somebody began to write down must not silently be off.
fn report_idle(nulls: Vec<(Origin, KeyPath)>, report: &Report) {
    for (origin, path) in nulls.into_iter().filter(|(_, path)| is_ours(path)) {
        let message = "nothing stands here, and null only takes away what a file before has: give it a value, or leave the key out";
        report.error(ConfigError::at(&origin, path.as_str(), message));
    }
}

/// A key that is absent because a variable is not set, or because what is included is not there, counts as absent, as in Backstage. In our own section and
/// among the options of a resolver that is a fault, unless another layer has the key: a digest, an address or an allowed domain that somebody wrote down
/// must not silently stop to count.
fn report_absent(tree: &Node, absent: Vec<Absent>, report: &Report) {
    let counts = |absent: &Absent| tree.at(absent.path.as_str()).is_none_or(|node| node.origin == absent.origin);
    for Absent { origin, path, why, remedy } in absent.into_iter().filter(counts) {
        let of_provider = path.as_str().starts_with("auth.providers.oauth2Proxy.");
        if is_ours(&path) || of_provider && path.as_str().contains(".signIn.resolvers[") {
            report.error(ConfigError::at(&origin, path.as_str(), format!("{why}: {remedy}")));
        } else if of_provider {
            report.warning(&origin, &path, &format!("{why}, so the key counts as absent"));
        }
    }
}

/// Whether it is our own section, or below it.
fn is_ours(path: &KeyPath) -> bool {
    path.as_str().split('.').next() == Some("stagedoor")
}

fn files(sources: &ConfigSources, report: &Report) -> Vec<PathBuf> {
    if sources.files.is_empty() {
        return default_files(sources, report);
    }
    let (remote, local): (Vec<_>, Vec<_>) = sources.files.iter().cloned().partition(|path| path.to_string_lossy().contains("://"));
    for url in remote {
        let message = format!("--config {}: configuration is not read from URLs; download it and pass the file", url.display());
        report.error(ConfigError::nowhere(message));
    }
    local
}

fn default_files(sources: &ConfigSources, report: &Report) -> Vec<PathBuf> {
    let exists = |name: &PathBuf| sources.directory.join(name).exists();
    let default = PathBuf::from(DEFAULT_FILE);
    if !exists(&default) {
        let directory = sources.directory.display();
        let message = format!("there is no {DEFAULT_FILE} in {directory}: pass --config FILE, or begin with these three lines:\n\n{SMALLEST}");
        report.error(ConfigError::nowhere(message));
    }
    let environments = sources.environment.get("BACKSTAGE_ENV").map_or("", String::as_str);
    let environments = || environments.split(',').map(str::trim).filter(|name| !name.is_empty());
    let shared = environments().map(|name| format!("app-config.{name}.yaml"));
    let local = environments().map(|name| format!("app-config.{name}.local.yaml"));
    let names = shared.chain(["app-config.local.yaml".into()]).chain(local).map(PathBuf::from);
    [default].into_iter().chain(names).filter(exists).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    fn loaded(files: &[(&str, &str)], named: &[&str], environment: &[(&str, &str)]) -> Result<(serde_json::Value, Vec<String>), String> {
        let directory = TempDir::new().unwrap();
        for (name, text) in files {
            fs::write(directory.path().join(name), text).unwrap();
        }
        let sources = ConfigSources {
            files: named.iter().map(PathBuf::from).collect(),
            directory: directory.path().into(),
            environment: environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        };
        let report = Report::default();
        let Loaded { tree, files } = load(&sources, &report);
        let shown = |text: String| text.replace(&directory.path().display().to_string(), "DIR");
        report.finish().map_err(|errors| shown(errors.to_string()))?;
        Ok((tree.to_json(), files.iter().map(|file| shown(file.display().to_string())).collect()))
    }

    const DEFAULTS: [(&str, &str); 6] = [
        ("app-config.yaml", "a: base\nb: base\nc: base\nd: base\ne: base\nf: base\n"),
        ("app-config.x.yaml", "b: x\nc: x\nd: x\ne: x\nf: x\n"),
        ("app-config.y.yaml", "c: y\nd: y\ne: y\nf: y\n"),
        ("app-config.local.yaml", "d: local\ne: local\nf: local\n"),
        ("app-config.x.local.yaml", "e: x.local\nf: x.local\n"),
        ("app-config.production.yaml", "a: never\n"),
    ];

    #[test]
    fn in_our_own_section_a_variable_must_be_set_unless_another_file_has_the_key() {
        let ours = "stagedoor: { components: { a: { digest: '${DIGEST}' } }, trust: { peers: ['${PEER}'] }, stateDir: { $env: STATE } }\n";
        let error = loaded(&[("app-config.yaml", ours)], &[], &[]).unwrap_err();
        for path in ["stagedoor.components.a.digest", "stagedoor.trust.peers[0]", "stagedoor.stateDir"] {
            let fault = format!("app-config.yaml: {path}: a variable in the value is not set: set it, or write ${{NAME:-default}}");
            assert!(error.contains(&fault), "{error}");
        }
        let local = "stagedoor: { components: { a: { digest: x } }, trust: { peers: [y] }, stateDir: z }\n";
        let (tree, _) = loaded(&[("app-config.yaml", ours), ("app-config.local.yaml", local)], &[], &[]).unwrap();
        assert_eq!(tree["stagedoor"]["trust"]["peers"], json!(["y"]));
        assert!(loaded(&[("app-config.yaml", "integrations: { token: '${TOKEN}' }\n")], &[], &[]).is_ok(), "as in Backstage");
    }

    #[test]
    fn an_option_of_a_resolver_does_not_vanish_with_its_variable() {
        let unset = [
            ("allowedDomains: '${DOMAINS}'", ".allowedDomains"),
            ("allowedDomains: ['${DOMAIN}']", ".allowedDomains[0]"),
            ("nested: { deep: { $env: DEEP } }", ".nested.deep"),
            ("resolver: '${NAME}'", ".resolver"),
        ];
        for below in ["", "production: "] {
            let config = |item: &str| {
                let provider = format!("{{ signIn: {{ resolvers: [{{ resolver: x }}, {{ {item} }}] }} }}");
                let provider = if below.is_empty() { provider } else { format!("{{ {below}{provider} }}") };
                format!("auth: {{ providers: {{ oauth2Proxy: {provider} }} }}\n")
            };
            let within = below.replace(": ", ".");
            for (item, path) in unset {
                let error = loaded(&[("app-config.yaml", &config(item))], &[], &[]).unwrap_err();
                let fault = format!("auth.providers.oauth2Proxy.{within}signIn.resolvers[1]{path}: a variable in the value is not set: set it");
                assert!(error.contains(&fault), "{error}");
                let layers = [("app-config.yaml", &*config(item)), ("app-config.local.yaml", &*config("allowedDomains: [x]"))];
                assert!(loaded(&layers, &[], &[]).is_ok(), "another file has the list");
            }
            assert!(loaded(&[("app-config.yaml", &config("allowedDomains: ['${DOMAIN:-corp.example}']"))], &[], &[]).is_ok());
        }
        let elsewhere = "auth: { providers: { oauth2Proxy: { x: '${UNSET}' }, github: { signIn: { resolvers: [{ x: '${UNSET}' }] } } } }\n";
        assert!(loaded(&[("app-config.yaml", elsewhere)], &[], &[]).is_ok(), "as in Backstage");
    }

    #[test]
    fn the_default_files_count_in_backstages_order() {
        let (json, files) = loaded(&DEFAULTS, &[], &[("BACKSTAGE_ENV", " x, y,,z"), ("APP_CONFIG_f", "env")]).unwrap();
        assert_eq!(json, json!({ "a": "base", "b": "x", "c": "y", "d": "local", "e": "x.local", "f": "env" }));
        assert_eq!(
            files,
            ["app-config.yaml", "app-config.x.yaml", "app-config.y.yaml", "app-config.local.yaml", "app-config.x.local.yaml"]
                .map(|f| format!("DIR/{f}"))
        );
        let (json, _) = loaded(&DEFAULTS, &[], &[]).unwrap();
        assert_eq!(json, json!({ "a": "base", "b": "base", "c": "base", "d": "local", "e": "local", "f": "local" }));
    }

    #[test]
    fn with_any_config_flag_the_defaults_are_not_loaded_and_the_last_wins() {
        let (json, _) = loaded(&DEFAULTS, &["app-config.x.yaml", "./app-config.y.yaml"], &[("BACKSTAGE_ENV", "x")]).unwrap();
        assert_eq!(json, json!({ "b": "x", "c": "y", "d": "y", "e": "y", "f": "y" }));
    }

    #[test]
    fn null_and_unset_variables_in_a_later_file_differ() {
        let files = [("a.yaml", "x: 1\ny: 1\nz: { a: 1 }\n"), ("b.yaml", "x: ~\ny: ${UNSET}\nz: { a: ~, b: 2 }\n")];
        assert_eq!(loaded(&files, &["a.yaml", "b.yaml"], &[]).unwrap().0, json!({ "y": 1, "z": { "b": 2 } }));
    }

    #[test]
    fn every_file_that_cannot_be_read_is_named() {
        let files = [("good.yaml", "a: 1\n"), ("bad.yaml", "a: [\n"), ("twice.yaml", "a: 1\na: 2\n")];
        let faults = loaded(&files, &["good.yaml", "missing.yaml", "bad.yaml", "twice.yaml", "https://example.org/a.yaml"], &[]);
        insta::assert_snapshot!(faults.unwrap_err(), @r#"
        --config https://example.org/a.yaml: configuration is not read from URLs; download it and pass the file
        missing.yaml: no such file
        bad.yaml: not valid YAML: did not find expected node content at line 2 column 1, while parsing a flow node
        twice.yaml: not valid YAML: duplicate entry with key "a"
        "#);
    }

    #[test]
    fn without_a_configuration_it_prints_one_to_begin_with() {
        insta::assert_snapshot!(loaded(&[], &[], &[]).unwrap_err(), @r"
        there is no app-config.yaml in DIR: pass --config FILE, or begin with these three lines:

        auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: forwardedUserMatchingUserEntityName }] } } } }
        catalog: { locations: [{ type: file, target: ./org.yaml }] } # your entities of kind User and Group
        stagedoor: { listen: 127.0.0.1:7107 }
        ");
        assert!(loaded(&[("app-config.yaml", SMALLEST)], &[], &[]).is_ok());
    }
}
