//! How a person is shown in Backstage's page.

use crate::{Claims, Context, Error};

/// An absent member is left out of the answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// E-mail address, as the proxy or the catalog has it.
    pub email: Option<String>,
    /// Name for people to read.
    pub display_name: Option<String>,
    /// URL of a picture.
    pub picture: Option<String>,
}

impl Profile {
    /// E-mail and display name out of two headers. One that is absent or empty is absent in the profile.
    ///
    /// ```
    /// # use resolver_sdk::{Profile, testing::FakeContext};
    /// # let ctx = FakeContext::new().with_header("x-auth-request-email", "alice@corp.example").with_header("x-auth-request-user", "");
    /// let profile = Profile::from_headers(&ctx, "x-auth-request-email", "x-auth-request-user").or_named_by_email();
    /// assert_eq!(profile.display_name.as_deref(), Some("alice@corp.example"));
    /// ```
    pub fn from_headers(ctx: &impl Context, email: &str, display_name: &str) -> Self {
        let header = |name| ctx.get_header(name).filter(|value| !value.is_empty());
        Self { email: header(email), display_name: header(display_name), picture: None }
    }

    /// The standard claims `email`, `name` and `picture`. One that is absent or empty is absent in the profile; an error `other` if one is no
    /// text.
    pub fn from_claims(claims: &Claims) -> Result<Self, Error> {
        let text = |path| Ok(claims.text(path)?.filter(|text| !text.is_empty()).map(str::to_owned));
        Ok(Self { email: text("email")?, display_name: text("name")?, picture: text("picture")? })
    }

    /// The same, and where there is no display name, the e-mail address is it.
    #[must_use]
    pub fn or_named_by_email(self) -> Self {
        Self { display_name: self.display_name.or_else(|| self.email.clone()), ..self }
    }
}
