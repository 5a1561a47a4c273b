//! User info in PostgreSQL. Times are UTC whatever the time zone of a session, where Backstage's are the server's.

use std::time::Duration;

use sqlx::Row;

use crate::{
    database::claims::{self, ClaimsTable, Over},
    domain::entity_ref::EntityRef,
    ports::user_info_store::{UserInfo, UserInfoError},
};

use super::{Postgres, text};

/// The table `user_info`.
pub(in crate::database) struct PostgresUserInfo(pub(super) Postgres);

impl ClaimsTable for PostgresUserInfo {
    async fn put(&self, user: &EntityRef, claims: &str, at: Duration, over: Over) -> Result<(), UserInfoError> {
        let (user, claims, at) = (text(user.as_str()), text(claims), at.as_millis());
        let only = if over == Over::Older { " WHERE user_info.updated_at <= excluded.updated_at" } else { "" };
        let statement = format!(
            "INSERT INTO user_info (user_entity_ref, user_info, updated_at) VALUES ({user}, {claims}, to_timestamp({at} / 1000.0)) \
             ON CONFLICT (user_entity_ref) DO UPDATE SET user_info = excluded.user_info, updated_at = excluded.updated_at{only}"
        );
        self.0.run(&statement).await.map(drop).map_err(|error| UserInfoError(error.to_string()))
    }

    async fn get(&self, sub: &str) -> Result<Option<UserInfo>, UserInfoError> {
        let statement = format!("SELECT user_info FROM user_info WHERE user_entity_ref = {}", text(sub));
        let rows = self.0.run(&statement).await.map_err(|error| UserInfoError(error.to_string()))?;
        let Some(row) = rows.first() else { return Ok(None) };
        let json: String = row.try_get(0).map_err(|error| UserInfoError(error.to_string()))?;
        claims::read(&json).map(Some)
    }
}
