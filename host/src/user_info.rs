//! The use case behind `/v1/userinfo`: the claims of whoever holds this token.

use std::{sync::Arc, time::Duration};

use crate::ports::{
    token_issuer::{TokenIssuer, TokenRefused},
    user_info_store::{UserInfo, UserInfoError, UserInfoStore},
};

/// Answers with what the user's last sign-in stored.
pub struct GetUserInfo {
    /// Verifies the token.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Keeps the claims.
    pub store: Arc<dyn UserInfoStore>,
    /// How long it may take altogether.
    pub timeout: Duration,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum GetUserInfoError {
    /// The token is not accepted.
    #[error(transparent)]
    Token(#[from] TokenRefused),
    /// The store could not be reached.
    #[error(transparent)]
    Store(#[from] UserInfoError),
}

impl GetUserInfo {
    /// The claims, or `None` if the user of a good token never signed in here.
    pub async fn get(&self, token: &str) -> Result<Option<UserInfo>, GetUserInfoError> {
        let answer = async {
            let user = self.issuer.verify(token).await?;
            Ok(self.store.get(&user.sub).await?)
        };
        let in_time = tokio::time::timeout(self.timeout, answer).await;
        in_time.unwrap_or_else(|_| Err(UserInfoError("no answer within stagedoor.limits.timeout".into()).into()))
    }
}
