//! Everything that a resolver can know and do.

use serde::{Serialize, de::DeserializeOwned};

use crate::{EntityRef, Error, Identity, Profile, User, UserQuery};

/// How much a line of the log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For the author of the resolver.
    Debug,
    /// Worth knowing.
    Info,
    /// Somebody should look at it.
    Warn,
    /// Something is broken.
    Error,
}

/// One sign-in, as the host lets a resolver see it. In a component it is the host; in tests it is a `FakeContext` (feature `testing`).
///
/// A sign-in may look up 8 users, exchange 1 MiB with the host and take 2 s, unless the operator has set other limits. A component that goes over
/// them is ended, and with it the sign-in.
pub trait Context: sealed::Sealed {
    /// The value of a header; the case of its name does not matter. An empty header is an empty string; absent ones, and those that prove something
    /// (tokens, cookies, what the proxy is trusted by), are `None`: see [`get_sensitive_header`](Self::get_sensitive_header).
    fn get_header(&self, name: &str) -> Option<String>;

    /// What the page will show about the person: the forwarded e-mail, and as display name the preferred username or else the user.
    fn profile(&self) -> Profile;

    /// The one user whom the query describes. Signs nobody in.
    ///
    /// Errors: `not_found` nobody, `conflict` several, `input` the query makes no sense, `service_unavailable` or `response` the catalog could not
    /// be asked.
    fn find_user(&self, query: UserQuery) -> Result<User, Error>;

    /// Signs in a user that was found, without asking the catalog again.
    fn sign_in_user(&self, user: &User) -> Result<Identity, Error>;

    /// Signs in the one user whom the query describes; the errors are those of [`find_user`](Self::find_user).
    fn sign_in_with_catalog_user(&self, query: UserQuery) -> Result<Identity, Error>;

    /// **Power `fallback`.** The same, and under the name `fallback` if the catalog was asked and knows nobody; never after another error. Such a
    /// person owns nothing but themselves.
    ///
    /// Further errors: `not_allowed` if the operator denies the power or the name is out of its bounds; `input` if no entity can bear the name.
    fn sign_in_with_catalog_user_or_fallback(&self, query: UserQuery, fallback: EntityRef) -> Result<Identity, Error>;

    /// **Power `issue-self`.** Signs in under this name without asking the catalog. Such a person owns nothing but themselves.
    ///
    /// Errors: `not_allowed` if the operator denies the power or the name is out of its bounds, `input` if no entity can bear the name; if the
    /// operator allows only names that the catalog does not hold, also those of a catalog that could not be asked.
    fn sign_in_as(&self, user: EntityRef) -> Result<Identity, Error>;

    /// **Power `add-ownership`.** Lets the identity own these refs too, behind what it owns already: groups out of a claim or a table, for instance.
    /// Nobody asks whether there are such entities.
    ///
    /// Errors: `not_allowed` if the operator denies the power or one of the refs is out of its bounds; `input` if no entity can bear one of them, or
    /// if there are more than 2,000 in one sign-in. Nothing has changed then.
    fn add_ownership(&self, to: &Identity, refs: impl IntoIterator<Item = EntityRef>) -> Result<(), Error>;

    /// **Power `replace-ownership`.** Lets the identity own exactly these refs, in this order; what was added before is gone. It may not even own
    /// itself. What is theirs already, themselves and what the catalog says, is within all bounds.
    ///
    /// The errors are those of [`add_ownership`](Self::add_ownership).
    fn replace_ownership(&self, of: &Identity, refs: impl IntoIterator<Item = EntityRef>) -> Result<(), Error>;

    /// **Power `add-token-claims`.** The members of a JSON object as text, put into the token; better [`add_token_claims`](Self::add_token_claims).
    fn add_token_claims_json(&self, to: &Identity, claims: &str) -> Result<(), Error>;

    /// **Power `sensitive-headers`.** The value of a header that holds a token or cookies, as it came: nobody has checked it. `None` if it is absent or
    /// came more than once. Whatever you make of it, do not put it into a message, a log line or a profile.
    ///
    /// Errors: `not_allowed` if the operator denies the power or does not name this header.
    fn get_sensitive_header(&self, name: &str) -> Result<Option<String>, Error>;

    /// The values under a key of a table that the operator keeps. A table that is not configured ends the component; with the contract 0.1.0-dev no
    /// table can be.
    fn look_up(&self, table: &str, key: &str) -> Vec<String>;

    /// A line for the operator. 16 in a sign-in, of 1 kB each; the host masks e-mail addresses and tokens.
    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]);

    /// A note in the decision record of this sign-in, for instance which of several rules applied.
    fn annotate(&self, key: &str, value: &str);

    /// The verified claims of the ID token as JSON text; better [`id_token_claims`](Self::id_token_claims).
    fn id_token_claims_json(&self) -> Option<String>;

    /// The settings as JSON text; better a `settings = …` of [`export_resolver!`](crate::export_resolver).
    fn settings_json(&self) -> String;

    /// The value of a header that must be there and not be empty; otherwise an error `other` with this message.
    fn required_header(&self, name: &str, message: &'static str) -> Result<String, Error> {
        self.get_header(name).filter(|value| !value.is_empty()).ok_or(Error::other(message))
    }

    /// The verified claims of the ID token that the proxy passed on, read into a type of your own that names what you need; `None` if there was no
    /// token, or the operator has not configured how to verify it.
    ///
    /// Fails with an error `other` if the claims do not have that shape.
    ///
    /// ```
    /// # use resolver_sdk::{Context, Error, testing::FakeContext};
    /// #[derive(serde::Deserialize)]
    /// struct Claims { oid: String }
    ///
    /// # let ctx = FakeContext::new().with_id_token_claims(serde_json::json!({ "oid": "a-1" }));
    /// let claims: Claims = ctx.id_token_claims()?.ok_or(Error::authentication("There is no ID token"))?;
    /// assert_eq!(claims.oid, "a-1");
    /// # Ok::<(), Error>(())
    /// ```
    fn id_token_claims<T: DeserializeOwned>(&self) -> Result<Option<T>, Error> {
        let read = |json: String| serde_json::from_str(&json);
        let claims = self.id_token_claims_json().map(read).transpose();
        claims.map_err(|error| Error::other("The claims of the ID token are not as the resolver expects them").because(error))
    }

    /// **Power `add-token-claims`.** Puts further claims into the token, where plugins read them, and into what `/v1/userinfo` answers. A claim that
    /// was added before gets the new value.
    ///
    /// Errors: `not_allowed` if the operator denies the power or does not name one of the claims, and always for those that the token has of itself
    /// (`sub`, `exp`, …); `input` if they are no JSON object, hold whole numbers beyond 2^53 - 1, are nested more than 8 levels deep, or have more than
    /// 8 KiB in one sign-in. Nothing has changed then.
    ///
    /// ```
    /// use resolver_sdk::{Context, EntityRef, Error, Identity, UserQuery, serde_json::json};
    ///
    /// fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
    ///     let name = ctx.required_header("x-forwarded-user", "Request did not contain a user")?;
    ///     let identity = ctx.sign_in_with_catalog_user(UserQuery::name(name))?;
    ///     let groups = ctx.get_header("x-forwarded-groups").unwrap_or_default();
    ///     let ours: Vec<_> = groups.split(',').filter(|group| group.starts_with("portal-")).collect();
    ///     ctx.add_ownership(&identity, ours.iter().map(|group| EntityRef::group(*group)))?;
    ///     ctx.add_token_claims(&identity, &json!({ "groups": ours }))?;
    ///     Ok(identity)
    /// }
    /// # use resolver_sdk::testing::{Bounds, FakeContext, FakeUser};
    /// # let ctx = FakeContext::new().with_user(FakeUser::new("alice")).with_header("x-forwarded-user", "alice");
    /// # let ctx = ctx.with_header("x-forwarded-groups", "staff,portal-admins");
    /// # let ctx = ctx.grant_add_ownership(Bounds::any()).grant_add_token_claims(["groups"]);
    /// # let answer = ctx.answer(&resolve(&ctx)?);
    /// # assert_eq!(answer.ownership_entity_refs, ["user:default/alice", "group:default/portal-admins"]);
    /// # assert_eq!(answer.claims, json!({ "groups": ["portal-admins"] }));
    /// # Ok::<(), Error>(())
    /// ```
    fn add_token_claims<T: Serialize + ?Sized>(&self, to: &Identity, claims: &T) -> Result<(), Error> {
        let json = serde_json::to_string(claims).map_err(|error| Error::input("The claims of the resolver are not taken").because(error))?;
        self.add_token_claims_json(to, &json)
    }

    /// What the operator wrote for this resolver.
    ///
    /// Fails with an error `other` that names what is wrong; of settings that have passed their schema only what a schema cannot say.
    fn settings<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let settings = serde_json::from_str(&self.settings_json());
        settings.map_err(|error| Error::other("The settings of the resolver are not as it expects them").because(error))
    }

    /// A line worth knowing.
    fn info(&self, message: &str) {
        self.log(Level::Info, message, &[]);
    }

    /// A line that somebody should look at.
    fn warn(&self, message: &str) {
        self.log(Level::Warn, message, &[]);
    }
}

/// Contexts are made here only, so that they can learn to do more without breaking a resolver.
pub(crate) mod sealed {
    /// Implemented by the host's side and the fake.
    pub trait Sealed {}
}
