//! The use case behind `/.backstage/auth/v1/cookie`: a full user token is answered with its limited form, for a cookie that pages load files with.
//!
//! A cookie that is still good for a while and belongs to the same user is kept. Source: `DefaultHttpAuthService.issueUserCookie` of Backstage.

use std::sync::Arc;

use crate::ports::{
    clock::Clock,
    token_issuer::{TokenIssuer, TokenRefused},
};

/// A cookie that expires within this many seconds is replaced.
const EXPIRES_SOON: u64 = 5 * 60;

/// Answers with a cookie.
pub struct IssueUserCookie {
    /// Verifies tokens.
    pub issuer: Arc<dyn TokenIssuer>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// The cookie that the user now has.
#[derive(Debug, PartialEq, Eq)]
pub struct UserCookie {
    /// The limited token, if it is a new one.
    pub token: Option<String>,
    /// When it expires, in seconds since the Unix epoch.
    pub expires_at: u64,
}

/// Why there is none; the texts are Backstage's.
#[derive(Debug, thiserror::Error)]
pub enum UserCookieError {
    /// No token in `Authorization`.
    #[error("Missing credentials")]
    Missing,
    /// The token is a limited one.
    #[error("Illegal limited user token")]
    Limited,
    /// The token is not accepted.
    #[error(transparent)]
    Token(#[from] TokenRefused),
}

impl IssueUserCookie {
    /// The cookie for the bearer of a full token who sent along this cookie.
    pub async fn issue(&self, token: Option<&str>, cookie: Option<&str>) -> Result<UserCookie, UserCookieError> {
        let user = self.issuer.verify(token.ok_or(UserCookieError::Missing)?).await?;
        let limited = user.limited.ok_or(UserCookieError::Limited)?;
        if let Some(cookie) = cookie
            && let Ok(kept) = self.issuer.verify(cookie).await
            && kept.sub == user.sub
            && kept.expires_at >= self.clock.now_seconds() + EXPIRES_SOON
        {
            return Ok(UserCookie { token: None, expires_at: kept.expires_at });
        }
        Ok(UserCookie { token: Some(limited), expires_at: user.expires_at })
    }
}
