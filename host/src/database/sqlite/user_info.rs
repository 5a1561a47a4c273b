//! User info in SQLite, in the text form of times that Backstage writes there.

use std::sync::Arc;

use sqlx::sqlite::SqlitePool;

use crate::{
    database::claims,
    domain::{claims::Claims, entity_ref::EntityRef},
    ports::{
        BoxFuture,
        clock::Clock,
        user_info_store::{UserInfo, UserInfoError, UserInfoStore},
    },
};

const PUT: &str = "INSERT INTO user_info (user_entity_ref, user_info, updated_at) VALUES (?1, ?2, strftime('%Y-%m-%d %H:%M:%f', ?3, 'unixepoch')) \
                   ON CONFLICT (user_entity_ref) DO UPDATE SET user_info = excluded.user_info, updated_at = excluded.updated_at";
const GET: &str = "SELECT user_info FROM user_info WHERE user_entity_ref = ?1";

/// The table `user_info`.
pub(in crate::database) struct SqliteUserInfo {
    pool: SqlitePool,
    clock: Arc<dyn Clock>,
}

impl SqliteUserInfo {
    pub(super) fn new(pool: SqlitePool, clock: Arc<dyn Clock>) -> Self {
        Self { pool, clock }
    }
}

impl UserInfoStore for SqliteUserInfo {
    fn put<'a>(&'a self, user: &'a EntityRef, ownership: &'a [EntityRef], further: &'a Claims) -> BoxFuture<'a, Result<(), UserInfoError>> {
        Box::pin(async move {
            let query = sqlx::query(PUT).bind(user.as_str()).bind(claims::write(user, ownership, further)?).bind(self.clock.now().as_secs_f64());
            query.execute(&self.pool).await.map_err(|error| UserInfoError(error.to_string()))?;
            Ok(())
        })
    }

    fn get<'a>(&'a self, sub: &'a str) -> BoxFuture<'a, Result<Option<UserInfo>, UserInfoError>> {
        Box::pin(async move {
            let found: Option<String> =
                sqlx::query_scalar(GET).bind(sub).fetch_optional(&self.pool).await.map_err(|error| UserInfoError(error.to_string()))?;
            found.as_deref().map(claims::read).transpose()
        })
    }
}
