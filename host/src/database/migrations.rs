//! What Backstage's migrations would leave behind, and their names, under which they are recorded.
//!
//! Nothing is ever altered here. Tables that have the columns we need are used, whoever made them; in a database without a record of any migration the
//! tables are made as all of Backstage's migrations together make them, and recorded as those, so that Backstage goes on from there. Where Backstage
//! began and did not come far enough, it is Backstage that has to go on.

/// Tables that are made together, and the table that records it.
pub(super) struct MigrationSet {
    /// Knex's table of migrations. Beside it stands `<records>_lock`.
    pub(super) records: &'static str,
    /// Every migration, in order.
    pub(super) names: &'static [&'static str],
    /// The tables that are used here, with the columns that must be there.
    pub(super) needs: &'static [(&'static str, &'static [&'static str])],
    /// The tables in SQLite.
    pub(super) sqlite: &'static str,
    /// The tables in PostgreSQL.
    pub(super) postgres: &'static str,
}

/// The tables of service keys, and those of the auth plugin.
pub(super) const SETS: [MigrationSet; 2] = [
    MigrationSet {
        records: "backstage_backend_public_keys__knex_migrations",
        names: &["20240327104803_public_keys.js"],
        needs: &[("backstage_backend_public_keys__keys", &["id", "key", "expires_at"])],
        sqlite: include_str!("sqlite/service_keys.sql"),
        postgres: include_str!("postgres/service_keys.sql"),
    },
    MigrationSet {
        records: "knex_migrations",
        names: &[
            "20200619125845_init.js",
            "20210326100300_timestamptz.js",
            "20220321100910_timestamptz_again.js",
            "20220522100910_key_field_size.js",
            "20230428155633_sessions.js",
            "20240510120825_user_info.js",
            "20250707164600_user_created_at.js",
            "20250909120000_oidc_client_registration.js",
            "20251020000000_offline_sessions.js",
            "20251118120000_oauth_state_text.js",
            "20251217120000_drop_oidc_clients_fk.js",
            "20260317120000_drop_offline_sessions_fk.js",
        ],
        needs: &[("signing_keys", &["kid", "created_at", "key"]), ("user_info", &["user_entity_ref", "user_info", "updated_at", "created_at"])],
        sqlite: include_str!("sqlite/auth.sql"),
        postgres: include_str!("postgres/auth.sql"),
    },
];

/// Why there are no tables to use.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// Backstage made some of them and stopped.
    #[error(
        "the table {table} is not as it must be, though migrations were run here before; start Backstage's auth plugin (0.26 or later) on this database once, \
         which brings it up to date"
    )]
    Outdated {
        /// Which.
        table: &'static str,
    },
    /// They are missing, and nobody may make them.
    #[error(
        "the table {table} is missing or lacks columns, and skipMigrations is set; make it as Backstage's migrations do, or leave skipMigrations out"
    )]
    Skipped {
        /// Which.
        table: &'static str,
    },
    /// Somebody else is at it, or died while at it.
    #[error("{lock} is taken: another process is migrating, or one died; if none is, run UPDATE {lock} SET is_locked = 0")]
    Locked {
        /// Knex's lock table.
        lock: String,
    },
    /// The database refused.
    #[error("the tables cannot be made: {0}")]
    Refused(#[from] sqlx::Error),
}

impl MigrationSet {
    /// The first table that cannot be used, given the columns of each.
    pub(super) fn unusable(&self, columns: impl Fn(&str) -> Vec<String>) -> Option<&'static str> {
        let lacks = |(table, needed): &&(&str, &[&str])| {
            let there = columns(table);
            needed.iter().any(|column| !there.iter().any(|name| name == column))
        };
        self.needs.iter().find(lacks).map(|(table, _)| *table)
    }

    /// The table by which Knex keeps two from migrating at once.
    pub(super) fn lock(&self) -> String {
        format!("{}_lock", self.records)
    }

    /// `INSERT` of every name, as one batch; `now` is the expression for the time.
    pub(super) fn record(&self, now: &str) -> String {
        let rows: Vec<_> = self.names.iter().map(|name| format!("('{name}', 1, {now})")).collect();
        format!("INSERT INTO {} (name, batch, migration_time) VALUES {}", self.records, rows.join(", "))
    }
}
