//! The configuration: Backstage's app-config, loaded by Backstage's rules, and our own section `stagedoor` in it.
//!
//! A team's app-config works as it is: keys that stagedoor does not read are ignored, except in its own section, where each is an error. All
//! faults are reported at once, each with the file, the key path and what to do; none of them, and no `Debug` output, holds a secret.

mod byte_size;
mod document;
mod duration;
mod env;
mod error;
mod field;
mod include;
mod key_path;
mod load;
mod merge;
mod origin;
mod read;
pub mod schema;
mod secret;
mod sections;
pub(crate) mod spelling;
mod substitute;
#[cfg(test)]
mod testing;
mod tree;
pub(crate) mod yaml;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::json;

use self::{error::Report, load::Loaded, sections::discovery::Discovery, tree::Node};

pub(crate) use self::{
    document::Documents,
    field::Field,
    sections::grants::{read as read_grants, schema as grants_schema},
};
pub use self::{
    error::{ConfigError, ConfigErrors},
    origin::Origin,
    secret::Secret,
    sections::{
        auth::AuthConfig,
        backend::BackendConfig,
        catalog::{CatalogConfig, FileLocation},
        catalog_cache::CatalogCacheConfig,
        catalog_source::{CatalogApiConfig, CatalogSource},
        components::ComponentConfig,
        cors::CorsConfig,
        database::{DatabaseConfig, DatabasePlace},
        https::HttpsConfig,
        key_store::{KeyStoreConfig, StaticKeyConfig},
        lifecycle::LifecycleConfig,
        limits::LimitsConfig,
        listen::ListenAddress,
        postgres::{PostgresConfig, PostgresTls},
        resolvers::ResolverConfig,
        server::ServerConfig,
        shared_secret::SharedSecretConfig,
        stagedoor::StagedoorConfig,
        tables::{TableConfig, TableFormat, TableSource},
        trust::TrustConfig,
        trust_proxy::TrustProxy,
    },
};

/// Where configuration comes from.
#[derive(Clone)]
pub struct ConfigSources {
    /// What `--config` named, in order; if empty, the default files count.
    pub files: Vec<PathBuf>,
    /// The working directory: the default files are looked for here.
    pub directory: PathBuf,
    /// The environment, which fills in variables and makes a layer of its own.
    pub environment: BTreeMap<String, String>,
}

impl ConfigSources {
    /// The working directory and the environment of this process.
    pub fn from_system(files: Vec<PathBuf>) -> Self {
        let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
        let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
        let environment = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
        Self { files, directory, environment }
    }
}

/// Everything that was configured, checked as far as it can be without opening what it names.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where Backstage is.
    pub backend: BackendConfig,
    /// Who signs in, and with which token.
    pub auth: AuthConfig,
    /// Where users stand.
    pub catalog: CatalogConfig,
    /// Our own section.
    pub stagedoor: StagedoorConfig,
    /// What works, though perhaps not as meant: one line each.
    pub warnings: Vec<String>,
    /// Every file that was read, included ones too, as absolute paths in the order of reading.
    pub files: Vec<PathBuf>,
}

impl Config {
    /// Loads and checks the configuration, or says everything that is wrong with it.
    pub fn load(sources: &ConfigSources) -> Result<Self, ConfigErrors> {
        let report = Report::default();
        let Loaded { tree, files } = load::load(sources, &report);
        // What the sections hold is not known until every file is read: a fault now would only lead to false ones.
        report.finish()?;
        Self::read(&tree, files, &report)
    }

    /// The least in which this component can be asked: alone, and with nothing decided about it but what the `given` of a case file says.
    pub fn of_component(name: &str, source: &Path, case_file: &Path) -> Result<Self, ConfigErrors> {
        let origin = Origin::document(case_file);
        let source = std::path::absolute(source).unwrap_or_else(|_| source.to_owned());
        let config = json!({
            "auth": { "providers": { "oauth2Proxy": { "signIn": { "resolvers": [{ "resolver": name }] } } } },
            "stagedoor": { "components": { name: { "source": source } } },
        });
        let mut config = Self::read(&Node::from_json(config, &origin), Vec::new(), &Report::default())?;
        config.stagedoor.components.values_mut().for_each(|component| component.path = "given".into());
        Ok(config)
    }

    fn read(tree: &Node, files: Vec<PathBuf>, report: &Report) -> Result<Self, ConfigErrors> {
        let root = Field::root(tree, report);
        let discovery = Discovery::read(&root);
        let stagedoor = StagedoorConfig::read(&root.key("stagedoor"), &discovery);
        let backend = BackendConfig::read(&root, &stagedoor.listen, &discovery);
        let auth = AuthConfig::read(&root.key("auth"));
        let catalog = match stagedoor.catalog {
            CatalogSource::File => CatalogConfig::read(&root.key("catalog")),
            // Its locations are for Backstage to read.
            CatalogSource::Backstage(_) => CatalogConfig::default(),
        };
        stagedoor.warn_of_unused(&auth.resolvers, &root.key("stagedoor"));
        backend.lifecycle.check_against(stagedoor.limits.shutdown_timeout, &root);
        AuthConfig::check_key_store(&root.key("auth"), root.key("backend").key("database").is_set() || stagedoor.state_dir.is_some());
        let warnings = report.finish()?;
        Ok(Self { backend, auth, catalog, stagedoor, warnings, files })
    }

    /// Where keys and user info are kept: `backend.database`, else a file in `stagedoor.stateDir`, else in memory.
    pub fn database(&self) -> DatabaseConfig {
        let file = |directory: &PathBuf| DatabaseConfig::file(directory.join("auth.sqlite"));
        let default = || self.stagedoor.state_dir.as_ref().map_or_else(DatabaseConfig::memory, file);
        self.backend.database.clone().unwrap_or_else(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loads the sample as the README's command does.
    fn sample(environment: &[(&str, &str)]) -> Result<Config, ConfigErrors> {
        Config::load(&ConfigSources {
            files: vec!["config/app-config.yaml".into()],
            directory: Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().into(),
            environment: environment.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        })
    }

    /// The sample with its examples switched on, among them those of the other catalog: lines behind a # that is not followed by one blank.
    fn sample_with_examples() -> String {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/app-config.yaml")).unwrap();
        let is_prose = |line: &str| line.starts_with("# ") && !line.starts_with("#  ");
        let lines = text.lines().map(|line| if is_prose(line) { line } else { line.strip_prefix('#').unwrap_or(line) });
        lines.collect::<Vec<_>>().join("\n").replace("source: file", "source: backstage")
    }

    #[test]
    fn the_sample_loads_and_shows_the_defaults() {
        let config = sample(&[]).unwrap();
        let stagedoor = &config.stagedoor;
        assert_eq!(
            (&stagedoor.listen, &stagedoor.limits, &stagedoor.trust),
            (&ListenAddress::default(), &LimitsConfig::default(), &TrustConfig::default())
        );
        assert_eq!(config.auth.resolvers[0].name, "forwardedUserMatchingUserEntityName");
        assert_eq!(config.catalog.locations[0].target, "./config/catalog/org.yaml");
        assert_eq!(config.backend.auth_external_url(), "http://127.0.0.1:7107/api/auth");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert_eq!((stagedoor.state_dir.as_deref(), config.warnings.len()), (Some(root.join(".stagedoor").as_path()), 0));
    }

    #[test]
    fn the_examples_in_the_sample_are_right() {
        let config = testing::loaded(&sample_with_examples());
        assert_eq!(config.auth.resolvers.len(), 3);
        assert!(config.stagedoor.components["corpUser"].grants.issue_self.is_some());
        assert_eq!(config.backend.auth_external_url(), "https://login.example.org/api/auth");
    }

    #[test]
    fn the_sample_shows_every_key_of_the_schema() {
        fn keys(schema: &serde_json::Value, into: &mut Vec<String>) {
            let own = ["properties", "additionalProperties", "anyOf", "items"].map(|below| &schema[below]);
            into.extend(own[0].as_object().into_iter().flatten().map(|(key, _)| key.clone()));
            let below = own[0].as_object().into_iter().flat_map(|properties| properties.values());
            let choices = own[2].as_array().into_iter().flatten();
            below.chain([own[1], own[3]]).chain(choices).filter(|schema| schema.is_object()).for_each(|schema| keys(schema, into));
        }
        let schema: serde_json::Value = serde_json::from_str(&schema::json()).unwrap();
        let mut all = Vec::new();
        keys(&schema, &mut all);
        let members = duration::MEMBERS.map(|(member, _)| member);
        let text = sample_with_examples();
        let missing: Vec<_> = all.iter().filter(|key| !members.contains(&key.as_str()) && !text.contains(&format!("{key}:"))).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert!(all.len() > 40, "the schema was walked");
    }

    #[test]
    fn a_variable_overrides_the_file() {
        let config = sample(&[("APP_CONFIG_stagedoor_listen", "127.0.0.1:7200"), ("APP_CONFIG_stagedoor_limits_concurrency", "7")]).unwrap();
        assert_eq!((config.stagedoor.listen.to_string().as_str(), config.stagedoor.limits.concurrency), ("127.0.0.1:7200", 7));
        let fault = sample(&[("APP_CONFIG_stagedoor_limits_concurrency", "0")]).unwrap_err().to_string();
        insta::assert_snapshot!(fault, @"environment variable APP_CONFIG_stagedoor_limits_concurrency: stagedoor.limits.concurrency: expected a whole number from 1 to 1000, got 0");
    }

    #[test]
    fn a_teams_app_config_works_as_it_is() {
        let config = testing::load_files(&[("app-config.yaml", include_str!("config/fixtures/backstage.yaml"))]).unwrap();
        assert_eq!(
            config.auth.resolvers.iter().map(|resolver| resolver.name.as_str()).collect::<Vec<_>>(),
            ["emailMatchingUserEntityProfileEmail", "emailLocalPartMatchingUserEntityName"]
        );
        assert_eq!(config.backend.auth_external_url(), "https://backstage.acme.example/api/auth");
        assert_eq!(config.stagedoor.listen.to_string(), "127.0.0.1:7107");
        assert_eq!((config.auth.token_expiration.as_secs(), config.catalog.locations.len()), (30 * 60, 2));
        insta::assert_snapshot!(config.warnings.join("\n"), @r"
        app-config.yaml: backend.database.connection.password: a variable in the value is not set, so the key counts as absent
        app-config.yaml: catalog.locations[2]: a location of type url is skipped: only files are read
        ");
    }

    #[test]
    fn faults_of_all_sections_are_found_at_once_and_name_the_file_that_is_wrong() {
        let text = "auth: { providers: { oauth2Proxy: { signIn: { resolvers: [] } } }, backstageTokenExpiration: 5 }\nbackend: { baseUrl: x }\n\
                    catalog: { locations: x }\nstagedoor: { listen: x, trust: '${SECRET}', nonsense: 1 }\n";
        insta::assert_snapshot!(testing::faults(text), @r#"
        app-config.yaml: stagedoor.nonsense: unknown key; the keys here are listen, socketMode, catalog, components, profile, ownership, stateDir, trust, limits, tables
        app-config.yaml: stagedoor.listen: expected host:port, such as 127.0.0.1:7107, or 0.0.0.0:7107 for every interface, or unix:/path/of/a.sock, got "x"
        app-config.yaml: stagedoor.trust: expected an object of keys, got a string
        app-config.yaml: backend.baseUrl: expected a URL such as https://backstage.example.org, with neither a user nor a query, got a string
        app-config.yaml: auth.providers.oauth2Proxy.signIn.resolvers: No sign-in resolver configured for proxy auth provider 'oauth2Proxy'; write auth: { providers: { oauth2Proxy: { signIn: { resolvers: [{ resolver: forwardedUserMatchingUserEntityName }] } } } }
        app-config.yaml: auth.backstageTokenExpiration: expected a duration with its unit, such as '15 minutes', PT15M or { minutes: 15 }, got a number
        app-config.yaml: catalog.locations: expected a list, got a string
        "#);
    }

    #[test]
    fn while_a_file_cannot_be_read_nothing_else_is_reported() {
        insta::assert_snapshot!(testing::faults("auth: { $file: missing }\nstagedoor: { nonsense: 1 }"), @"app-config.yaml: auth: $file cannot read missing: no such file");
    }
}
