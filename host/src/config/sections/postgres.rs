//! `backend.database` with `client: pg`: whom to connect to, as whom, and where in that database the tables are.
//!
//! Source: Backstage's `computePgPluginConfig` and the driver `pg`. That driver's environment variables (`PGHOST`, `PGUSER` and the like) are not
//! read; those that our driver would obey all the same (`PGOPTIONS`, `PGSSLROOTCERT`, `PGSSLCERT`, `PGSSLKEY`) end a start.

use std::fmt;

use super::{
    database::{Layers, PLUGIN},
    postgres_url::{self, UrlParts},
};
use crate::config::{field::Field, secret::Secret, tree::Value};

/// Names in PostgreSQL are cut at this length.
const LONGEST_NAME: usize = 63;

/// A PostgreSQL database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresConfig {
    /// A name, an address, or the directory of a unix socket.
    pub host: String,
    /// The port.
    pub port: u16,
    /// As whom.
    pub user: String,
    /// What proves it.
    pub password: Option<Secret>,
    /// The database.
    pub database: String,
    /// The schema; without one, what the server finds first.
    pub schema: Option<String>,
    /// Whether a missing database is made.
    pub ensure_database: bool,
    /// Whether a missing schema is made.
    pub ensure_schema: bool,
    /// The role to act as.
    pub role: Option<String>,
    /// TLS, if it is spoken.
    pub tls: Option<PostgresTls>,
    /// Under which name the server shows our connections.
    pub application_name: String,
    /// Connections that are kept open.
    pub least_connections: u32,
    /// Connections at most.
    pub most_connections: u32,
}

/// How TLS is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresTls {
    /// Whether the certificate of the server is checked, its name included.
    pub verify: bool,
    /// Authorities, in PEM, beside the public ones.
    pub ca: Option<String>,
    /// Our own certificate and its key, in PEM.
    pub client: Option<(String, Secret)>,
}

impl fmt::Display for PostgresConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgreSQL at {}:{}, database {}", self.host, self.port, self.database)?;
        self.schema.as_ref().map_or(Ok(()), |schema| write!(f, ", schema {schema}"))
    }
}

impl PostgresConfig {
    pub(super) fn read(layers: &Layers<'_>, shares_base: bool) -> Option<Self> {
        let (own, base) = (layers.plugin.key("connection"), layers.base.key("connection"));
        let base_parts = if shares_base { parts(&base)? } else { UrlParts::default() };
        let mode = layers.base.key("pluginDivisionMode");
        let by_schema = match mode.string("database or schema") {
            None | Some("database") => false,
            Some("schema") => true,
            Some(_) => return mode.expected_shown("database or schema"),
        };
        let own_parts = parts(&own)?;
        let shared_database = base_parts.database.clone().filter(|_| by_schema);
        let database = own_parts.database.clone().or(shared_database);
        let merged = own_parts.over(base_parts);
        let prefix = layers.base.key("prefix").string("what names of databases begin with").unwrap_or("backstage_plugin_");
        let database = match database {
            Some(database) => database,
            None if by_schema => return base.error("with pluginDivisionMode: schema, database must name the database"),
            None => format!("{prefix}{PLUGIN}"),
        };
        let place = if own.is_set() { &own } else { &base };
        let Some(user) = merged.user else {
            return place
                .required("a URL such as postgres://user@host:5432, or { host, port, user, password }")?
                .error("user is missing; expected whom to connect as");
        };
        let ensure_database = layers.key("ensureExists").boolean().unwrap_or(true);
        warn_of_unused(layers)?;
        let pool = |key: &str, default| pool(layers, key).and_then(|field| field.integer(0..=1000)).unwrap_or(default);
        Some(Self {
            host: merged.host.unwrap_or_else(|| "localhost".to_owned()),
            port: merged.port.unwrap_or(5432),
            user,
            password: merged.password,
            database,
            schema: if by_schema { Some(schema(layers)?) } else { None },
            ensure_database,
            ensure_schema: ensure_database || layers.base.key("ensureSchemaExists").boolean().unwrap_or(false),
            role: layers.key("role").string("the name of a role").map(str::to_owned),
            tls: merged.tls.flatten(),
            application_name: merged.application_name.unwrap_or_else(|| format!("backstage_plugin_{PLUGIN}")),
            least_connections: pool("min", 2),
            most_connections: pool("max", 10).max(1),
        })
    }
}

fn schema(layers: &Layers<'_>) -> Option<String> {
    let field = layers.base.key("schemaPrefix");
    let prefix = field.string("what names of schemas begin with").unwrap_or_default();
    let good = prefix.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !prefix.starts_with(|c: char| c.is_ascii_digit());
    let name = format!("{prefix}{PLUGIN}");
    if good && name.len() <= LONGEST_NAME {
        return Some(name);
    }
    field.error("expected a letter or _, then letters, digits and _, 58 of them at most")
}

/// `knexConfig.pool`, of the plugin first.
fn pool<'a>(layers: &Layers<'a>, key: &str) -> Option<Field<'a>> {
    let of = |layer: &Field<'a>| Some(layer.key("knexConfig").key("pool").key(key)).filter(Field::is_set);
    of(&layers.plugin).or_else(|| of(&layers.base))
}

/// What only tunes Backstage's own driver is told. A search path would lead to other tables.
fn warn_of_unused(layers: &Layers<'_>) -> Option<()> {
    for layer in [&layers.base, &layers.plugin] {
        let knex = layer.key("knexConfig");
        for (key, field) in if knex.is_set() { knex.entries() } else { Vec::new() } {
            match key {
                "pool" => {
                    let unused = field.entries().into_iter().filter(|(key, _)| !["min", "max"].contains(key));
                    unused.for_each(|(_, field)| field.warning("is not used here"));
                }
                "searchPath" => {
                    return field.error("is not supported; write pluginDivisionMode: schema, or give the role a search_path in the database");
                }
                _ => field.warning("is not used here"),
            }
        }
    }
    Some(())
}

/// The parts of a connection. `None` if it is wrong.
fn parts(connection: &Field<'_>) -> Option<UrlParts> {
    match connection.value() {
        None => Some(UrlParts::default()),
        Some(Value::String(url)) => match postgres_url::parse(url) {
            Ok(parts) => Some(parts),
            Err(what) => connection.error(format!("{what}; expected postgres://user:password@host:5432/database")),
        },
        Some(_) => members(connection),
    }
}

fn members(connection: &Field<'_>) -> Option<UrlParts> {
    let mut parts = UrlParts::default();
    let text = |field: &Field<'_>, what: &str| field.string(what).map(str::to_owned);
    let mut wrong = !connection.is_object();
    for (key, field) in connection.entries() {
        let field = &field;
        match key {
            "host" => parts.host = text(field, "a host"),
            "port" => parts.port = field.integer(1..=u16::MAX),
            "user" => parts.user = text(field, "a user"),
            "password" => parts.password = text(field, "a password").map(Secret::new),
            "database" => parts.database = text(field, "the name of a database"),
            "application_name" => parts.application_name = text(field, "a name"),
            "ssl" => parts.tls = tls(field),
            "type" if field.string("default") == Some("default") => {}
            "type" | "instance" | "tokenCredential" | "options" | "connectionString" | "stream" => {
                wrong = true;
                field.error::<()>("is not supported; connect with host, port, user and password");
            }
            _ => field.warning("is not used here"),
        }
    }
    if wrong { None } else { Some(parts) }
}

/// `None` if it is wrong; else whether it is spoken, and how.
#[expect(clippy::option_option, reason = "set to none is another thing than not set")]
fn tls(field: &Field<'_>) -> Option<Option<PostgresTls>> {
    let verified = PostgresTls { verify: true, ca: None, client: None };
    match field.value()? {
        Value::Object(_) => {}
        Value::String(text) if text == "no-verify" => return Some(Some(PostgresTls { verify: false, ..verified })),
        _ => return field.boolean().map(|speaks| speaks.then_some(verified)),
    }
    for (_, unknown) in field.entries().into_iter().filter(|(key, _)| !["ca", "cert", "key", "rejectUnauthorized"].contains(key)) {
        unknown.error::<()>("is not supported; expected ca, cert, key, rejectUnauthorized");
    }
    let pem = |key: &str| field.key(key).string("a text in PEM, such as { $file: ./db.pem }").map(str::to_owned);
    let client = match (pem("cert"), pem("key")) {
        (Some(cert), Some(key)) => Some((cert, Secret::new(key))),
        (None, None) => None,
        _ => return field.error("cert and key come together"),
    };
    Some(Some(PostgresTls { verify: field.key("rejectUnauthorized").boolean().unwrap_or(true), ca: pem("ca"), client }))
}

#[cfg(test)]
mod tests;
