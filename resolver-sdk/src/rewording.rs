//! Errors in other words: the client reads the author's text, and the operator goes on reading what happened.

use std::borrow::Cow;

use crate::Error;

/// In other words. Each keeps the error it started from as the cause, and that error's own cause behind it.
impl Error {
    /// This error in place of another one, whose name, message and cause become the cause of this. The status and whether it pays to try again are
    /// those of this error.
    ///
    /// Where [`because`](Self::because) is given an error, that error's own cause is lost; here it is not.
    ///
    /// ```
    /// use resolver_sdk::Error;
    ///
    /// let down = Error::service_unavailable("The catalog could not be asked").because("connection refused");
    /// let error = Error::service_unavailable("Please try again in a minute").instead_of(&down);
    /// assert_eq!(error.cause(), Some("ServiceUnavailableError: The catalog could not be asked: connection refused"));
    /// ```
    #[must_use]
    pub fn instead_of(self, original: &Error) -> Self {
        match original.cause() {
            Some(cause) => self.because(format_args!("{original}: {cause}")),
            None => self.because(original),
        }
    }

    /// That error if this one is `not_found`; any other error, an outage above all, as it is. The next resolver of the chain is then no longer asked,
    /// unless that error is `not_found` as well.
    ///
    /// ```
    /// use resolver_sdk::{Context, Error, Identity, UserQuery};
    ///
    /// fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    ///     let name = ctx.required_header("x-forwarded-user", "Request did not contain a user")?;
    ///     let no_account = || Error::not_allowed("Please ask for an account at help@corp.example");
    ///     ctx.sign_in_with_catalog_user(UserQuery::name(name)).map_err(|error| error.not_found_as(no_account()))
    /// }
    /// ```
    #[must_use]
    pub fn not_found_as(self, error: Error) -> Self {
        if self.is_not_found() { error.instead_of(&self) } else { self }
    }

    /// The same error with another message for the client: name, status and whether it pays to try again stay, the old message goes into the cause.
    ///
    /// ```
    /// use resolver_sdk::Error;
    ///
    /// let error = Error::response(503, "upstream said no").retryable().reworded("The directory is being restarted");
    /// assert_eq!((error.status(), error.is_retryable()), (Some(503), true));
    /// assert_eq!(error.cause(), Some("ResponseError: upstream said no"));
    /// ```
    #[must_use]
    pub fn reworded(self, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), ..self.clone() }.instead_of(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorName;

    #[test]
    fn only_not_found_is_said_in_other_words() {
        let no_account = || Error::not_allowed("no account");
        let error = Error::not_found("User not found").because("searched by email").not_found_as(no_account());
        assert_eq!((error.name(), error.message()), (ErrorName::NotAllowed, "no account"));
        assert_eq!(error.cause(), Some("NotFoundError: User not found: searched by email"));
        for error in
            [Error::service_unavailable("down").retryable(), Error::response(404, "not here"), Error::conflict("two"), Error::input("?").because("x")]
        {
            assert_eq!(error.clone().not_found_as(no_account()), error, "an outage is no missing user");
        }
    }

    #[test]
    fn the_first_cause_survives_every_rewording() {
        let error = Error::response(418, "one").retryable().because("zero").reworded("two").reworded("three");
        assert_eq!((error.name(), error.message(), error.status(), error.is_retryable()), (ErrorName::Response, "three", Some(418), true));
        assert_eq!(error.cause(), Some("ResponseError: two: ResponseError: one: zero"));
    }
}
