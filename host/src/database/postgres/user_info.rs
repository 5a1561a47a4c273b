//! User info in PostgreSQL. Times are UTC whatever the time zone of a session, where Backstage's are the server's.

use std::sync::Arc;

use sqlx::Row;

use crate::{
    database::claims,
    domain::{claims::Claims, entity_ref::EntityRef},
    ports::{
        BoxFuture,
        clock::Clock,
        user_info_store::{UserInfo, UserInfoError, UserInfoStore},
    },
};

use super::{Postgres, text};

/// The table `user_info`.
pub(in crate::database) struct PostgresUserInfo {
    postgres: Postgres,
    clock: Arc<dyn Clock>,
}

impl PostgresUserInfo {
    pub(super) fn new(postgres: Postgres, clock: Arc<dyn Clock>) -> Self {
        Self { postgres, clock }
    }

    async fn write(&self, user: &EntityRef, ownership: &[EntityRef], further: &Claims) -> Result<(), UserInfoError> {
        let (user, claims) = (text(user.as_str()), text(&claims::write(user, ownership, further)?));
        let now = self.clock.now().as_millis();
        let statement = format!(
            "INSERT INTO user_info (user_entity_ref, user_info, updated_at) VALUES ({user}, {claims}, to_timestamp({now} / 1000.0)) \
             ON CONFLICT (user_entity_ref) DO UPDATE SET user_info = excluded.user_info, updated_at = excluded.updated_at"
        );
        self.postgres.run(&statement).await.map(drop).map_err(|error| UserInfoError(error.to_string()))
    }

    async fn read(&self, sub: &str) -> Result<Option<UserInfo>, UserInfoError> {
        let statement = format!("SELECT user_info FROM user_info WHERE user_entity_ref = {}", text(sub));
        let rows = self.postgres.run(&statement).await.map_err(|error| UserInfoError(error.to_string()))?;
        let Some(row) = rows.first() else { return Ok(None) };
        let json: String = row.try_get(0).map_err(|error| UserInfoError(error.to_string()))?;
        claims::read(&json).map(Some)
    }
}

impl UserInfoStore for PostgresUserInfo {
    fn put<'a>(&'a self, user: &'a EntityRef, ownership: &'a [EntityRef], further: &'a Claims) -> BoxFuture<'a, Result<(), UserInfoError>> {
        Box::pin(self.write(user, ownership, further))
    }

    fn get<'a>(&'a self, sub: &'a str) -> BoxFuture<'a, Result<Option<UserInfo>, UserInfoError>> {
        Box::pin(self.read(sub))
    }
}
