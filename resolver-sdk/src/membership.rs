//! Whether somebody belongs to an organisation, asked of GitHub, GitLab or Microsoft Graph with the person's own token, which stays with the host.

mod page;

use crate::{Context, Error, Groups, HttpRequest, Organisations};

use page::Page;

/// The most pages that are read: as many requests as a sign-in may make, unless the operator says otherwise.
const MAX_PAGES: usize = 4;

/// What somebody is a member of, as a service tells whoever bears a credential.
///
/// ```
/// use resolver_sdk::{Context, Error, Identity, Membership, Organisations, UserQuery, export_resolver, settings};
///
/// settings! {
///     struct Settings {
///         /// Organisations of GitHub whose members may sign in.
///         organisations: Organisations,
///     }
/// }
///
/// fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
///     Membership::github("github").require(ctx, &settings.organisations, "Only members of our organisation may sign in")?;
///     let login = ctx.required_header("x-forwarded-preferred-username", "Request did not contain a user")?;
///     ctx.sign_in_with_catalog_user(UserQuery::annotation("github.com/user-login", login))
/// }
///
/// export_resolver!(resolve, settings = Settings);
/// # use resolver_sdk::testing::{FakeContext, FakeHttp, FakeUser};
/// # let answer = FakeHttp::get("https://api.github.com/user/orgs?per_page=100").json(serde_json::json!([{ "login": "Corp" }]));
/// # let ctx = FakeContext::new().grant_http_client([("GET", "https://api.github.com/")], ["github"]).with_http(answer);
/// # let ctx = ctx.with_user(FakeUser::new("alice").annotation("github.com/user-login", "alice-gh")).with_header("x-forwarded-preferred-username", "alice-gh");
/// # assert!(resolve(&ctx, serde_json::from_str(r#"{ "organisations": ["corp"] }"#).unwrap()).is_ok());
/// ```
///
/// A 404 says that they are a member of nothing. Whatever else is no answer is an error `service_unavailable`: who could not be asked said neither yes nor
/// no. Further pages are read only where they lie below the address of the service, and at most 4 in all.
#[derive(Debug, Clone)]
pub struct Membership {
    service: Service,
    api: String,
    credential: String,
}

#[derive(Debug, Clone, Copy)]
enum Service {
    GitHub,
    GitLab,
    MicrosoftGraph,
}

impl Membership {
    /// Organisations of GitHub, by their login. The credential is the person's token with the scope `read:org`.
    ///
    /// Source: `GET /user/orgs` of GitHub's REST API.
    pub fn github(credential: &str) -> Self {
        Self::new(Service::GitHub, "https://api.github.com", credential)
    }

    /// Groups of GitLab, by their full path: `corp/platform`. The credential is the person's token with the scope `read_api`.
    ///
    /// Source: `GET /groups` of GitLab's REST API, with a least access level, since it lists public groups otherwise.
    pub fn gitlab(credential: &str) -> Self {
        Self::new(Service::GitLab, "https://gitlab.com/api/v4", credential)
    }

    /// Groups of Microsoft Entra, by their id, those that hold the person through another group included. Display names are not looked at: whoever may
    /// make a group may call it as they like. The credential is the person's token for Microsoft Graph.
    ///
    /// Source: `GET /me/transitiveMemberOf` of Microsoft Graph.
    pub fn microsoft_graph(credential: &str) -> Self {
        Self::new(Service::MicrosoftGraph, "https://graph.microsoft.com/v1.0", credential)
    }

    /// The same service at another address, without a slash at its end: `https://ghe.corp.example/api/v3`.
    #[must_use]
    pub fn at(self, api: &str) -> Self {
        Self { api: api.trim_end_matches('/').to_owned(), ..self }
    }

    /// Whether the person is a member of one of these. Asks for no more pages than it takes.
    pub fn is_in(&self, ctx: &impl Context, organisations: &Organisations) -> Result<bool, Error> {
        let mut found = false;
        self.visit(ctx, |page| {
            found = page.names.iter().any(|name| organisations.contains(name));
            found
        })?;
        Ok(found)
    }

    /// Lets those pass who are members of one of these; otherwise Backstage's `NotAllowedError` with this message.
    pub fn require(&self, ctx: &impl Context, organisations: &Organisations, message: &'static str) -> Result<(), Error> {
        if self.is_in(ctx, organisations)? { Ok(()) } else { Err(Error::not_allowed(message)) }
    }

    /// Everything that the person is a member of.
    pub fn groups(&self, ctx: &impl Context) -> Result<Groups, Error> {
        let mut names = Vec::new();
        self.visit(ctx, |page| {
            names.append(&mut page.names);
            false
        })?;
        Ok(names.iter().map(String::as_str).collect())
    }

    fn new(service: Service, api: &str, credential: &str) -> Self {
        Self { service, api: api.to_owned(), credential: credential.to_owned() }
    }

    /// Reads page after page until one is enough.
    fn visit(&self, ctx: &impl Context, mut is_enough: impl FnMut(&mut Page) -> bool) -> Result<(), Error> {
        let mut next = Some(self.first());
        for _ in 0..MAX_PAGES {
            let Some(url) = next else { return Ok(()) };
            let request = HttpRequest::get(url).header("accept", "application/json").credential(&*self.credential);
            let answer = ctx.send(request)?;
            if answer.status == 404 {
                return Ok(());
            }
            let mut page = self.service.page(&answer.success()?)?;
            if is_enough(&mut page) {
                return Ok(());
            }
            next = page.next.map(|url| self.below(url)).transpose()?;
        }
        next.map_or(Ok(()), |_| Err(no_answer(format_args!("there are more than {MAX_PAGES} pages"))))
    }

    fn first(&self) -> String {
        let path = match self.service {
            Service::GitHub => "/user/orgs?per_page=100",
            Service::GitLab => "/groups?min_access_level=10&per_page=100",
            Service::MicrosoftGraph => "/me/transitiveMemberOf?$select=id&$top=999",
        };
        [&*self.api, path].concat()
    }

    /// The credential is for this service and for nobody whom an answer names.
    fn below(&self, url: String) -> Result<String, Error> {
        match url.strip_prefix(&*self.api) {
            Some(rest) if rest.starts_with('/') => Ok(url),
            _ => Err(no_answer("the next page lies elsewhere")),
        }
    }
}

fn no_answer(why: impl std::fmt::Display) -> Error {
    Error::service_unavailable("Your memberships could not be looked up").because(why)
}
