//! Everything that a resolver can know and do.

use serde::{Serialize, de::DeserializeOwned};

use crate::{EntityRef, Error, FilterTerm, Group, HttpRequest, HttpResponse, Identity, Level, Profile, User, UserQuery};

/// One sign-in, as the host lets a resolver see it. In a component it is the host; in tests it is a `FakeContext` (feature `testing`).
///
/// A sign-in may ask the catalog 8 times, exchange 1 MiB with the host and take 2 s, unless the operator has set other limits. A component that goes
/// over them is ended, and with it the sign-in.
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

    /// **Power `sensitive-headers`.** The value of a header that holds a token or cookies, as it came: nobody has checked it. `None` if it is absent,
    /// came more than once or is not valid UTF-8. Whatever you make of it, do not put it into a message, a log line or a profile.
    ///
    /// Errors: `not_allowed` if the operator denies the power or does not name this header.
    fn get_sensitive_header(&self, name: &str) -> Result<Option<String>, Error>;

    /// **Power `verified-claims`.** The verified claims of a token as JSON text; better [`verified_claims`](Self::verified_claims).
    fn verified_claims_json(&self, token: &str) -> Result<Option<String>, Error>;

    /// **Power `unverified-claims`.** What a token says as JSON text; better [`unverified_claims`](Self::unverified_claims).
    fn unverified_claims_json(&self, token: &str) -> Result<Option<String>, Error>;

    /// **Power `groups`.** The groups with these refs, in their order and of their number; `None` for one that the catalog does not have.
    ///
    /// Each question to the catalog counts as a look-up. Errors: `not_allowed` if the operator denies the power; `input` for a ref that is no group's,
    /// or for more than 100 refs; `service_unavailable` or `response` the catalog could not be asked.
    fn get_groups(&self, refs: impl IntoIterator<Item = EntityRef>) -> Result<Vec<Option<Group>>, Error>;

    /// **Power `groups`.** The groups for which all terms of one of the alternatives hold, by their refs; none is not an error. The terms are those of
    /// [`UserQuery::filter`].
    ///
    /// Errors: `not_allowed` if the operator denies the power; `input` for no alternative or an empty one, for a term that names another kind, or for
    /// more than 100 groups; those of a catalog that could not be asked.
    fn find_groups<T: IntoIterator<Item = FilterTerm>>(&self, alternatives: impl IntoIterator<Item = T>) -> Result<Vec<Group>, Error>;

    /// **Power `groups`.** The groups themselves and all above them up to `depth` levels, each once, the nearest first; cycles end. A group that the
    /// catalog does not have is left out, and nothing is climbed from it.
    ///
    /// Each level is a look-up for each hundred of its groups. The errors are those of [`get_groups`](Self::get_groups), but for more than 1,000 refs, or
    /// 1,000 groups in all; a catalog that fails on the way up fails the whole.
    fn get_ancestors(&self, of: impl IntoIterator<Item = EntityRef>, depth: u32) -> Result<Vec<Group>, Error>;

    /// **Power `http-client`.** Sends a request and waits for the answer; a status of 400 and above is an answer too.
    ///
    /// Errors: `not_allowed` if the operator denies the power, or the place, the method or the credential is out of bounds, after a redirect too;
    /// `input` for a request that makes no sense; `service_unavailable`, retryable, where nobody answered whole and in time; `authentication` where the
    /// credential is a token that the request does not have. A sign-in may make 4 requests
    /// unless the operator has set another limit; one more ends the component.
    fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error>;

    /// The values under a key of a table that the operator keeps, in the table's order; none for a key that is not in it. A table that is not
    /// configured ends the component.
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

    /// The value of the first of several headers that is there and not empty. It decides: none behind it is looked at, whoever it names.
    fn first_header<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
        names.into_iter().filter_map(|name| self.get_header(name)).find(|value| !value.is_empty())
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

    /// **Power `verified-claims`.** The claims of a token of the request, after the host has verified it; `None` if the request has no such token. The
    /// name is the operator's, below `stagedoor.tokens`, where it is said which header holds it and what makes it good.
    ///
    /// Errors: `authentication` for a token that does not verify; `service_unavailable`, retryable, where its keys could not be had; `not_allowed` if
    /// the operator denies the power or does not name this token, also where the request has none; `other` if the claims do not have that shape.
    ///
    /// ```
    /// # use resolver_sdk::{Claims, Context, Error, testing::FakeContext};
    /// # let ctx = FakeContext::new().with_token("access", serde_json::json!({ "email": "alice@corp.example" })).grant_verified_claims(["access"]);
    /// let claims: Claims = ctx.verified_claims("access")?.ok_or(Error::authentication("There is no token"))?;
    /// assert_eq!(claims.text("email")?, Some("alice@corp.example"));
    /// # Ok::<(), Error>(())
    /// ```
    fn verified_claims<T: DeserializeOwned>(&self, token: &str) -> Result<Option<T>, Error> {
        claims_of_token(self.verified_claims_json(token)?)
    }

    /// **Power `unverified-claims`.** What a token of the request says, whoever wrote it: whoever reaches the proxy with a token of their own making may
    /// have written it. It is there to move old resolvers, until their token can be verified.
    ///
    /// Errors: `authentication` for what is no token in form; `not_allowed` as in [`verified_claims`](Self::verified_claims); `other` if the claims do
    /// not have that shape.
    fn unverified_claims<T: DeserializeOwned>(&self, token: &str) -> Result<Option<T>, Error> {
        claims_of_token(self.unverified_claims_json(token)?)
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
        settings.map_err(|error| Error::other(WRONG_SETTINGS).because(error))
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

/// Reads the claims of a token that has a name.
fn claims_of_token<T: DeserializeOwned>(json: Option<String>) -> Result<Option<T>, Error> {
    let claims = json.map(|json| serde_json::from_str(&json)).transpose();
    claims.map_err(|error| Error::other("The claims of the token are not as the resolver expects them").because(error))
}

/// What [`Context::settings`] says where they do not fit.
pub(crate) const WRONG_SETTINGS: &str = "The settings of the resolver are not as it expects them";

/// Contexts are made here only, so that they can learn to do more without breaking a resolver.
pub(crate) mod sealed {
    /// Implemented by the host's side and the fake.
    pub trait Sealed {}
}
