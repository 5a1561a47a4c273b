use super::*;
use crate::config::{
    DatabasePlace,
    testing::{faults, load, loaded},
};

fn postgres(text: &str) -> PostgresConfig {
    let config = loaded(&format!("backend: {{ database: {{ client: pg, {text} }} }}"));
    match config.backend.database.unwrap().place {
        DatabasePlace::Postgres(postgres) => *postgres,
        other => panic!("{other:?}"),
    }
}

fn fault(text: &str) -> String {
    faults(&format!("backend: {{ database: {{ client: pg, {text} }} }}"))
}

#[test]
fn defaults_are_backstages() {
    let config = postgres("connection: { user: bob }");
    assert_eq!((config.host.as_str(), config.port, config.database.as_str()), ("localhost", 5432, "backstage_plugin_auth"));
    assert_eq!((config.schema, config.ensure_database, config.ensure_schema, config.role, config.tls), (None, true, true, None, None));
    assert_eq!((config.application_name.as_str(), config.least_connections, config.most_connections), ("backstage_plugin_auth", 2, 10));
}

#[test]
fn the_plugins_own_connection_goes_first_and_the_base_database_counts_for_schemas_alone() {
    let both = "connection: { host: h, user: bob, password: x, database: shared }, plugin: { auth: { connection: { host: own } } }";
    let config = postgres(both);
    assert_eq!((config.host.as_str(), config.user.as_str(), config.database.as_str()), ("own", "bob", "backstage_plugin_auth"));
    let config = postgres(&format!("pluginDivisionMode: schema, schemaPrefix: bs_, {both}"));
    assert_eq!((config.database.as_str(), config.schema.as_deref()), ("shared", Some("bs_auth")));
    let config = postgres("prefix: acme_, connection: 'postgres://bob@h/ignored', role: a, plugin: { auth: { role: b, ensureExists: false } }");
    assert_eq!((config.database.as_str(), config.role.as_deref(), config.ensure_database), ("acme_auth", Some("b"), false));
    let config = postgres("connection: 'postgres://bob@h', plugin: { auth: { connection: 'postgres://eve@i:6/own' } }");
    assert_eq!((config.user.as_str(), config.port, config.database.as_str()), ("eve", 6, "own"));
}

#[test]
fn tls_is_as_the_driver_reads_it() {
    let tls = |text: &str| postgres(&format!("connection: {{ user: bob, ssl: {text} }}")).tls;
    assert_eq!(tls("false"), None);
    assert!(tls("true").unwrap().verify && tls("{}").unwrap().verify && tls("'true'").unwrap().verify);
    assert!(!tls("{ rejectUnauthorized: false }").unwrap().verify && !tls("no-verify").unwrap().verify);
    let given = tls("{ ca: a, cert: c, key: '${SECRET}' }").unwrap();
    assert_eq!((given.ca.as_deref(), given.client.as_ref().map(|(cert, key)| (cert.as_str(), key.expose()))), (Some("a"), Some(("c", "hunter2"))));
    insta::assert_snapshot!(fault("connection: { user: bob, ssl: { cert: c, servername: x } }"), @r"
    app-config.yaml: backend.database.connection.ssl.servername: is not supported; expected ca, cert, key, rejectUnauthorized
    app-config.yaml: backend.database.connection.ssl: cert and key come together
    ");
}

#[test]
fn what_leads_elsewhere_is_refused_and_what_tunes_is_told() {
    insta::assert_snapshot!(fault("connection: { host: h }"), @"app-config.yaml: backend.database.connection: user is missing; expected whom to connect as");
    insta::assert_snapshot!(fault("connection: { user: bob, type: cloudsql, instance: x }"), @r"
    app-config.yaml: backend.database.connection.instance: is not supported; connect with host, port, user and password
    app-config.yaml: backend.database.connection.type: is not supported; connect with host, port, user and password
    ");
    insta::assert_snapshot!(fault("connection: { user: bob }, pluginDivisionMode: schema"), @"app-config.yaml: backend.database.connection: with pluginDivisionMode: schema, database must name the database");
    insta::assert_snapshot!(fault("connection: { user: bob }, pluginDivisionMode: table"), @r#"app-config.yaml: backend.database.pluginDivisionMode: expected database or schema, got "table""#);
    insta::assert_snapshot!(fault("connection: { user: bob, database: x }, pluginDivisionMode: schema, schemaPrefix: a-b"), @"app-config.yaml: backend.database.schemaPrefix: expected a letter or _, then letters, digits and _, 58 of them at most");
    insta::assert_snapshot!(fault("connection: { user: bob }, knexConfig: { searchPath: x }"), @"app-config.yaml: backend.database.knexConfig.searchPath: is not supported; write pluginDivisionMode: schema, or give the role a search_path in the database");
    insta::assert_snapshot!(fault("connection: 'postgres://${SECRET}@h:x'"), @"app-config.yaml: backend.database.connection: the port is no number from 1 to 65535; expected postgres://user:password@host:5432/database");
    insta::assert_snapshot!(fault("connection: 7"), @"app-config.yaml: backend.database.connection: expected an object of keys, got a number");
    let config = loaded(
        "backend: { database: { client: pg, connection: { user: bob, keepAlive: true }, knexConfig: { pool: { min: 0, max: '3', acquireTimeoutMillis: 1 }, debug: true } } }",
    );
    insta::assert_snapshot!(config.warnings.join("\n"), @r"
    app-config.yaml: backend.database.connection.keepAlive: is not used here
    app-config.yaml: backend.database.knexConfig.debug: is not used here
    app-config.yaml: backend.database.knexConfig.pool.acquireTimeoutMillis: is not used here
    ");
}

#[test]
fn no_password_is_shown() {
    let config = load("backend: { database: { client: pg, connection: { user: bob, password: '${SECRET}' } } }").unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    let config = load("backend: { database: { client: pg, connection: 'postgres://bob:${SECRET}@h' } }").unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}
