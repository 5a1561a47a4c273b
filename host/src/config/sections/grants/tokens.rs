//! The bounds of `verified-claims` and of `unverified-claims`: names of tokens, each of which is configured, and of the first power verified.

use std::collections::BTreeMap;

use crate::{
    config::{field::Field, sections::tokens::TokenConfig},
    domain::grant::TokenBounds,
};

use super::list;

/// The tokens that grants may name. `None`: any, for documents that bring tokens of their own.
pub(super) type Tokens<'a> = Option<&'a BTreeMap<String, TokenConfig>>;

pub(super) fn read(field: &Field<'_>, configured: Tokens<'_>, verified: bool) -> Option<TokenBounds> {
    let token = |field: &Field<'_>| token(field, configured, verified);
    let tokens = list(&field.key("tokens"), "the names of the tokens", "name the tokens, or deny the power", token)?;
    Some(TokenBounds { tokens })
}

fn token(field: &Field<'_>, configured: Tokens<'_>, verified: bool) -> Option<String> {
    let name = field.string("the name of a token below stagedoor.tokens")?;
    let Some(configured) = configured else { return Some(name.to_owned()) };
    match configured.get(name) {
        None => field.error(format!("there is no stagedoor.tokens.{name}: say there where this token stands and what makes it good")),
        Some(token) if verified && token.checks.is_none() => {
            field.error(format!("stagedoor.tokens.{name} is verified by nobody (dangerouslyUnverified), so it has no verified claims"))
        }
        Some(_) => Some(name.to_owned()),
    }
}
