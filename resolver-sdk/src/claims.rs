//! Claims of a token, read where their names are known only by path: `realm_access.roles`.
//!
//! A claim is there, is not there, or is not what was expected; the three are never mistaken for each other, and no value is made up.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Email, Error};

/// The claims of one token, as [`id_token_claims`](crate::Context::id_token_claims) reads them. Where all names are known beforehand, a struct of
/// your own says more.
///
/// ```
/// use resolver_sdk::{Claims, Context, Error, Identity, UserQuery};
///
/// fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
///     let claims: Claims = ctx.id_token_claims()?.ok_or(Error::authentication("There is no ID token"))?;
///     if claims.flag("email_verified")? != Some(true) {
///         return Err(Error::not_allowed("Please confirm your e-mail address first"));
///     }
///     let id = claims.required_text("oid", "The ID token does not say who you are")?;
///     ctx.sign_in_with_catalog_user(UserQuery::annotation("graph.microsoft.com/user-id", id))
/// }
/// # use resolver_sdk::testing::{FakeContext, FakeUser};
/// # let alice = FakeUser::new("alice").annotation("graph.microsoft.com/user-id", "a-1");
/// # let ctx = FakeContext::new().with_user(alice).with_id_token_claims(serde_json::json!({ "oid": "a-1", "email_verified": true }));
/// # assert!(resolve(&ctx).is_ok());
/// ```
///
/// A path names members of members, with dots between: `realm_access.roles`. A member may hold dots itself, as the claims do that are named by a URI:
/// `https://corp.example/groups` is a path as it is. Where a path leads to two claims, one of them may be somebody's invention: that is an error.
/// `null` counts as absent.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// Reads the JSON text of claims; an error `other` if it is no JSON object.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        serde_json::from_str(json).map_err(|error| not_as_expected().because(error))
    }

    /// A text, also an empty one; `None` if it is not there. An error `other` if it is something else.
    pub fn text(&self, path: &str) -> Result<Option<&str>, Error> {
        self.read(path, "a text", Value::as_str)
    }

    /// A text that must be there and not be empty; otherwise an error `other` with this message.
    pub fn required_text(&self, path: &str, message: &'static str) -> Result<&str, Error> {
        self.text(path)?.filter(|text| !text.is_empty()).ok_or_else(|| Error::other(message).because(format_args!("there is no claim {path}")))
    }

    /// The first of several texts that is there and not empty. What stands behind it is not looked at.
    ///
    /// ```
    /// # use resolver_sdk::Claims;
    /// let claims = Claims::from_json(r#"{ "email": "", "upn": "alice@corp.example" }"#)?;
    /// assert_eq!(claims.first_text(["email", "upn"])?, Some("alice@corp.example"));
    /// # Ok::<(), resolver_sdk::Error>(())
    /// ```
    pub fn first_text<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Result<Option<&str>, Error> {
        for path in paths {
            if let Some(text) = self.text(path)?.filter(|text| !text.is_empty()) {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// The first of several texts that holds an `@`, without blanks around it, as an address; `None` if none does. What stands behind it is not looked at.
    ///
    /// An error `input` if it is no address, such as one with two `@`.
    ///
    /// ```
    /// # use resolver_sdk::Claims;
    /// let claims = Claims::from_json(r#"{ "email": "unknown", "attributes": { "email": " alice@corp.example " } }"#)?;
    /// assert_eq!(claims.first_email(["email", "attributes.email"])?.unwrap().local(), "alice");
    /// # Ok::<(), resolver_sdk::Error>(())
    /// ```
    pub fn first_email<'p>(&self, paths: impl IntoIterator<Item = &'p str>) -> Result<Option<Email>, Error> {
        for path in paths {
            if let Some(text) = self.text(path)?.filter(|text| text.contains('@')) {
                return Email::parse(text.trim()).map(Some);
            }
        }
        Ok(None)
    }

    /// A text that must be there, not be empty, and be the same in other claims, so that two tokens are about one person; otherwise an error `other` with
    /// this message.
    ///
    /// ```
    /// # use resolver_sdk::Claims;
    /// let (id, access) = (Claims::from_json(r#"{ "sub": "kc-1" }"#)?, Claims::from_json(r#"{ "sub": "kc-2" }"#)?);
    /// assert!(id.required_same_text("sub", &access, "The tokens are not about one person").is_err());
    /// # Ok::<(), resolver_sdk::Error>(())
    /// ```
    pub fn required_same_text(&self, path: &str, other: &Self, message: &'static str) -> Result<&str, Error> {
        let (ours, theirs) = (self.required_text(path, message)?, other.required_text(path, message)?);
        if ours == theirs { Ok(ours) } else { Err(Error::other(message).because(format_args!("the claim {path} is not the same in both"))) }
    }

    /// A list of texts; `None` if it is not there. An error `other` if it is something else, or holds something else.
    pub fn texts(&self, path: &str) -> Result<Option<Vec<&str>>, Error> {
        self.read(path, "a list of texts", |value| value.as_array()?.iter().map(Value::as_str).collect())
    }

    /// `true` or `false`; `None` if it is not there. An error `other` if it is something else, such as the text `"true"`.
    pub fn flag(&self, path: &str) -> Result<Option<bool>, Error> {
        self.read(path, "true or false", Value::as_bool)
    }

    /// A list of whatever it holds.
    pub(crate) fn list(&self, path: &str) -> Result<Option<&Vec<Value>>, Error> {
        self.read(path, "a list", Value::as_array)
    }

    /// The one claim under a path, as what the resolver expects it to be.
    fn read<'a, T>(&'a self, path: &str, expected: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Result<Option<T>, Error> {
        let mut found = Vec::new();
        collect(&self.0, path, &mut found);
        match found[..] {
            [] => Ok(None),
            [value] => match read(value) {
                Some(value) => Ok(Some(value)),
                None => Err(not_as_expected().because(format_args!("the claim {path} is not {expected}"))),
            },
            _ => Err(not_as_expected().because(format_args!("the claim {path} is there more than once"))),
        }
    }
}

/// Says nothing about a person.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").finish_non_exhaustive()
    }
}

/// Every value to which the path leads, whichever of its dots belong to a name.
fn collect<'a>(members: &'a Map<String, Value>, path: &str, found: &mut Vec<&'a Value>) {
    for (name, value) in members {
        match path.strip_prefix(name.as_str()) {
            Some("") if !value.is_null() => found.push(value),
            Some(rest) => {
                if let (Some(rest), Some(members)) = (rest.strip_prefix('.'), value.as_object()) {
                    collect(members, rest, found);
                }
            }
            None => {}
        }
    }
}

fn not_as_expected() -> Error {
    Error::other("The claims are not as the resolver expects them")
}

#[cfg(test)]
mod tests;
