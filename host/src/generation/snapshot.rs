//! The snapshot: what a request takes once and keeps to its end.

use std::sync::Arc;

use crate::{
    ports::{service_tokens::ServiceTokens, token_issuer::TokenIssuer},
    sign_in::SignIn,
    user_cookie::IssueUserCookie,
    user_info::GetUserInfo,
};

use super::stage::Staged;

/// The use cases of one generation, with today's permissions and handles to the live sources.
pub struct Snapshot {
    /// Signing in.
    pub sign_in: SignIn,
    /// `/v1/userinfo`.
    pub user_info: GetUserInfo,
    /// `/.backstage/auth/v1/cookie`.
    pub user_cookie: IssueUserCookie,
    /// The key set.
    pub issuer: Arc<dyn TokenIssuer>,
    /// The key set of service tokens.
    pub service_tokens: Arc<dyn ServiceTokens>,
    /// What was loaded, for the banner and for status.
    pub loaded: Staged,
}
