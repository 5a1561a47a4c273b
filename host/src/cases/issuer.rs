//! Issues nothing and remembers what would have been issued.

use std::sync::{Mutex, PoisonError};

use crate::{
    domain::{claims::Claims, entity_ref::EntityRef, error::SignInError},
    ports::{
        BoxFuture,
        token_issuer::{IssuedToken, TokenIssuer, TokenRefused, UserToken},
        user_info_store::{UserInfo, UserInfoError, UserInfoStore},
    },
};

/// The further claims of the last token.
#[derive(Default)]
pub(super) struct Remembering(Mutex<Claims>);

impl Remembering {
    /// What would have stood in the token beside its own claims.
    pub(super) fn claims(&self) -> Claims {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl TokenIssuer for Remembering {
    fn issue<'a>(&'a self, _user: &'a EntityRef, _ownership: &'a [EntityRef], claims: &'a Claims) -> BoxFuture<'a, Result<IssuedToken, SignInError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone_from(claims);
        Box::pin(std::future::ready(Ok(IssuedToken { token: String::new(), expires_in: 0 })))
    }

    fn key_set(&self) -> BoxFuture<'_, String> {
        Box::pin(std::future::ready(String::new()))
    }

    fn verify<'a>(&'a self, _token: &'a str) -> BoxFuture<'a, Result<UserToken, TokenRefused>> {
        Box::pin(std::future::ready(Err(TokenRefused::Illegal)))
    }
}

impl UserInfoStore for Remembering {
    fn put<'a>(&'a self, _user: &'a EntityRef, _ownership: &'a [EntityRef], _claims: &'a Claims) -> BoxFuture<'a, Result<(), UserInfoError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn get<'a>(&'a self, _sub: &'a str) -> BoxFuture<'a, Result<Option<UserInfo>, UserInfoError>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
