//! `backend.database`: where the auth plugin's tables are, by the rules of Backstage's `DatabaseManager`.
//!
//! What stands in `plugin.auth` goes before what stands beside it, member by member for a connection. A client or a kind of connection that cannot be
//! spoken to is refused; settings that only tune Backstage's own driver are told and ignored.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::postgres::PostgresConfig;
use crate::config::{field::Field, tree::Value};

/// The plugin whose tables these are.
pub(super) const PLUGIN: &str = "auth";

/// Where the tables are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseConfig {
    /// The database.
    pub place: DatabasePlace,
    /// `skipMigrations`: missing tables are an error instead of being made.
    pub skip_migrations: bool,
}

/// The kinds of databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabasePlace {
    /// None: keys and user info end with the process. In Backstage a SQLite database in memory.
    Memory,
    /// A SQLite file, relative to the working directory.
    Sqlite(PathBuf),
    /// A PostgreSQL database.
    Postgres(Box<PostgresConfig>),
}

/// `backend.database` and `backend.database.plugin.auth`.
pub(super) struct Layers<'a> {
    /// What counts for every plugin.
    pub(super) base: Field<'a>,
    /// What counts for this one.
    pub(super) plugin: Field<'a>,
}

impl<'a> Layers<'a> {
    /// The key where the plugin has it, else where every plugin has it.
    pub(super) fn key(&self, key: &str) -> Field<'a> {
        let own = self.plugin.key(key);
        if own.is_set() { own } else { self.base.key(key) }
    }
}

impl DatabaseConfig {
    /// A SQLite file of our own.
    pub(in crate::config) fn file(path: PathBuf) -> Self {
        Self { place: DatabasePlace::Sqlite(path), skip_migrations: false }
    }

    /// No database.
    pub(in crate::config) fn memory() -> Self {
        Self { place: DatabasePlace::Memory, skip_migrations: false }
    }

    /// `None` if nothing is configured, or nothing that is right.
    pub(in crate::config) fn read(base: &Field<'_>) -> Option<Self> {
        if !base.is_set() {
            return None;
        }
        let layers = Layers { base: base.clone(), plugin: base.key("plugin").key(PLUGIN) };
        let skip_migrations = layers.key("skipMigrations").boolean().unwrap_or(false);
        let client = layers.key("client");
        let name = client.required("pg or better-sqlite3")?.string("pg or better-sqlite3")?;
        // A connection for another client says nothing about this one.
        let shares_base = base.key("client").string("pg or better-sqlite3") == Some(name);
        let place = match name {
            "better-sqlite3" | "sqlite3" => sqlite(&layers, shares_base)?,
            "pg" => DatabasePlace::Postgres(Box::new(PostgresConfig::read(&layers, shares_base)?)),
            other => {
                return client
                    .error(format!("Unsupported database client type '{other}' specified for plugin '{PLUGIN}'; write pg or better-sqlite3"));
            }
        };
        Some(Self { place, skip_migrations })
    }
}

fn sqlite(layers: &Layers<'_>, shares_base: bool) -> Option<DatabasePlace> {
    const PLACE: &str = "':memory:', or { directory } with the path of a directory";
    let mode = layers.base.key("pluginDivisionMode");
    if let Some(mode_name) = mode.string("database").filter(|mode| *mode != "database") {
        return mode.error(format!("The SQLite driver does not support plugin division mode '{mode_name}'"));
    }
    let (own, base) = (layers.plugin.key("connection"), layers.base.key("connection"));
    let whole = |field: &Field<'_>| match field.value() {
        Some(Value::String(text)) => Some(text.clone()),
        _ => field.is_set().then(|| field.key("filename").string("the name of a file").map(str::to_owned)).flatten(),
    };
    let (own_file, base_file) = (whole(&own), shares_base.then(|| whole(&base)).flatten());
    if base_file.as_deref().is_some_and(|file| file != ":memory:") {
        return base.error(
            "connection.filename is not supported for the base sqlite connection. Prefer connection.directory or provide a filename for the plugin connection instead",
        );
    }
    let file = own_file.or(base_file);
    if file.as_deref() == Some(":memory:") {
        return Some(DatabasePlace::Memory);
    }
    let directory = |field: &Field<'_>| {
        let directory = field.is_object().then(|| field.key("directory"));
        directory.and_then(|field| field.string("the path of a directory").map(str::to_owned))
    };
    let directory = directory(&own).or_else(|| shares_base.then(|| directory(&base)).flatten());
    if file.is_none() && directory.is_none() {
        return base.required(PLACE).and_then(|base| base.expected(PLACE));
    }
    let directory = directory.unwrap_or_else(|| ".".to_owned());
    Some(DatabasePlace::Sqlite(Path::new(&directory).join(file.unwrap_or_else(|| format!("{PLUGIN}.sqlite")))))
}

/// What is read of `backend.database`, and of `plugin.auth` in it.
pub(super) struct DatabaseSchema;

impl JsonSchema for DatabaseSchema {
    fn schema_name() -> Cow<'static, str> {
        "Database".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let members = |further: serde_json::Value| {
            let mut members = serde_json::json!({
                "client": { "enum": ["pg", "better-sqlite3", "sqlite3"], "description": "The kind of database. Needs a restart." },
                "connection": {
                    "type": ["string", "object"],
                    "description": "Of better-sqlite3: ':memory:', { directory } or, for a plugin, { filename }. Of pg: a URL or its parts. Needs a restart.",
                    "properties": {
                        "directory": { "type": "string" },
                        "filename": { "type": "string" },
                        "host": { "type": "string", "default": "localhost" },
                        "port": { "type": ["integer", "string"], "default": 5432 },
                        "user": { "type": "string" },
                        "password": { "type": "string" },
                        "database": { "type": "string", "description": "Default: prefix and the name of the plugin." },
                        "application_name": { "type": "string", "default": "backstage_plugin_auth" },
                        "ssl": {
                            "description": "Whether to speak TLS, and whom to believe: with true, a certificate of a public authority.",
                            "type": ["boolean", "string", "object"],
                            "properties": {
                                "ca": { "type": "string", "description": "Authorities, in PEM." },
                                "cert": { "type": "string", "description": "Our own certificate, in PEM." },
                                "key": { "type": "string", "description": "Its private key, in PEM." },
                                "rejectUnauthorized": { "type": "boolean", "default": true },
                            },
                        },
                    },
                },
                "ensureExists": { "type": "boolean", "default": true, "description": "Whether a missing database, or schema, is made. Needs a restart." },
                "ensureSchemaExists": { "type": "boolean", "default": false, "description": "Whether a missing schema is made. Needs a restart." },
                "role": { "type": "string", "description": "The role to act as. Needs a restart." },
                "skipMigrations": { "type": "boolean", "default": false, "description": "Whether missing tables are an error instead of being made. Needs a restart." },
                "knexConfig": { "type": "object", "properties": { "pool": { "type": "object", "properties": {
                    "min": { "type": ["integer", "string"], "default": 2, "description": "Connections that are kept open. Needs a restart." },
                    "max": { "type": ["integer", "string"], "default": 10, "description": "Connections at most. Needs a restart." },
                } } } },
            });
            if let (Some(members), Some(further)) = (members.as_object_mut(), further.as_object()) {
                members.extend(further.clone());
            }
            members
        };
        json_schema!({
            "type": "object",
            "description": "Where the tables are. Default: the file auth.sqlite in stagedoor.stateDir, or without that directory memory.",
            "properties": members(serde_json::json!({
                "prefix": { "type": "string", "default": "backstage_plugin_", "description": "What names of databases begin with. Needs a restart." },
                "schemaPrefix": { "type": "string", "default": "", "description": "What names of schemas begin with. Needs a restart." },
                "pluginDivisionMode": { "enum": ["database", "schema"], "default": "database", "description": "Whether a plugin has a database or a schema of its own. Needs a restart." },
                "plugin": { "type": "object", "properties": { PLUGIN: { "type": "object", "properties": members(serde_json::json!({})) } } },
            })),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::testing::{faults, loaded};

    fn place(text: &str) -> DatabasePlace {
        loaded(&format!("backend: {{ database: {text} }}")).backend.database.unwrap().place
    }

    #[test]
    fn sqlite_lies_in_a_directory_or_in_the_plugins_own_file() {
        let file = |path: &str| DatabasePlace::Sqlite(path.into());
        assert_eq!(place("{ client: better-sqlite3, connection: ':memory:' }"), DatabasePlace::Memory);
        assert_eq!(place("{ client: better-sqlite3, connection: { filename: ':memory:' } }"), DatabasePlace::Memory);
        assert_eq!(place("{ client: sqlite3, connection: { directory: ./db } }"), file("./db/auth.sqlite"));
        assert_eq!(
            place("{ client: better-sqlite3, connection: { directory: db }, plugin: { auth: { connection: { filename: x.db } } } }"),
            file("db/x.db")
        );
        assert_eq!(place("{ client: pg, connection: { host: h }, plugin: { auth: { client: better-sqlite3, connection: x.db } } }"), file("./x.db"));
    }

    #[test]
    fn what_cannot_be_spoken_to_is_refused() {
        let fault = |text: &str| faults(&format!("backend: {{ database: {text} }}"));
        insta::assert_snapshot!(fault("{}"), @"app-config.yaml: backend.database.client: missing; expected pg or better-sqlite3");
        insta::assert_snapshot!(fault("{ client: mysql2, connection: x }"), @"app-config.yaml: backend.database.client: Unsupported database client type 'mysql2' specified for plugin 'auth'; write pg or better-sqlite3");
        insta::assert_snapshot!(fault("{ client: better-sqlite3, connection: ./x.db }"), @"app-config.yaml: backend.database.connection: connection.filename is not supported for the base sqlite connection. Prefer connection.directory or provide a filename for the plugin connection instead");
        insta::assert_snapshot!(fault("{ client: better-sqlite3, pluginDivisionMode: schema, connection: ':memory:' }"), @"app-config.yaml: backend.database.pluginDivisionMode: The SQLite driver does not support plugin division mode 'schema'");
        insta::assert_snapshot!(fault("{ client: better-sqlite3 }"), @"app-config.yaml: backend.database.connection: missing; expected ':memory:', or { directory } with the path of a directory");
    }

    #[test]
    fn migrations_are_skipped_for_one_plugin_or_for_all() {
        let skips = |text: &str| {
            let text = format!("backend: {{ database: {{ client: better-sqlite3, connection: ':memory:', {text} }} }}");
            loaded(&text).backend.database.unwrap().skip_migrations
        };
        assert!(!skips("prefix: x"));
        assert!(skips("skipMigrations: true"));
        assert!(!skips("skipMigrations: true, plugin: { auth: { skipMigrations: 'no' } }"));
    }
}
