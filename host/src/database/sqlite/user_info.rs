//! User info in SQLite, in the text form of times that Backstage writes there, which sorts as they do.

use std::time::Duration;

use sqlx::{AssertSqlSafe, sqlite::SqlitePool};

use crate::{
    database::claims::{self, ClaimsTable, Over},
    domain::entity_ref::EntityRef,
    ports::user_info_store::{UserInfo, UserInfoError},
};

const PUT: &str = "INSERT INTO user_info (user_entity_ref, user_info, updated_at) VALUES (?1, ?2, strftime('%Y-%m-%d %H:%M:%f', ?3, 'unixepoch')) \
                   ON CONFLICT (user_entity_ref) DO UPDATE SET user_info = excluded.user_info, updated_at = excluded.updated_at";
const ONLY_OLDER: &str = " WHERE user_info.updated_at <= excluded.updated_at";
const GET: &str = "SELECT user_info FROM user_info WHERE user_entity_ref = ?1";

/// The table `user_info`.
pub(in crate::database) struct SqliteUserInfo(pub(super) SqlitePool);

impl ClaimsTable for SqliteUserInfo {
    async fn put(&self, user: &EntityRef, claims: &str, at: Duration, over: Over) -> Result<(), UserInfoError> {
        let only = if over == Over::Older { ONLY_OLDER } else { "" };
        let query = sqlx::query(AssertSqlSafe(format!("{PUT}{only}")));
        let query = query.bind(user.as_str()).bind(claims).bind(at.as_secs_f64());
        query.execute(&self.0).await.map(drop).map_err(|error| UserInfoError(error.to_string()))
    }

    async fn get(&self, sub: &str) -> Result<Option<UserInfo>, UserInfoError> {
        let found: Option<String> =
            sqlx::query_scalar(GET).bind(sub).fetch_optional(&self.0).await.map_err(|error| UserInfoError(error.to_string()))?;
        found.as_deref().map(claims::read).transpose()
    }
}
