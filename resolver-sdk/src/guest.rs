//! The side of the SDK that lives in a component: the contract in `wit/`, and nothing kept from one sign-in to the next.
//!
//! The generated bindings name every power. What is never called is dropped by the linker, so the component imports, and asks for, only what its
//! author used.

use std::marker::PhantomData;

use crate::{
    Context, EntityRef, Error, ErrorName, FilterTerm, HttpRequest, HttpResponse, Level, Profile, UserQuery, context::sealed::Sealed,
    export::Resolver, query,
};

use bindings::stagedoor::resolver as host;
use host::types;

#[path = "guest/ownership.rs"]
pub(crate) mod ownership;
#[path = "guest/powers.rs"]
mod powers;
#[path = "guest/profile.rs"]
pub(crate) mod profile;

pub(crate) use powers::Group;

/// Generated from `wit/`, where every item is documented.
#[expect(missing_docs, clippy::pedantic, reason = "generated code")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package stagedoor:sdk;
            world everything {
                include stagedoor:resolver/resolver@0.1.0-dev;
                import stagedoor:resolver/fallback@0.1.0-dev;
                import stagedoor:resolver/issue-self@0.1.0-dev;
                import stagedoor:resolver/add-ownership@0.1.0-dev;
                import stagedoor:resolver/replace-ownership@0.1.0-dev;
                import stagedoor:resolver/add-token-claims@0.1.0-dev;
                import stagedoor:resolver/sensitive-headers@0.1.0-dev;
                import stagedoor:resolver/verified-claims@0.1.0-dev;
                import stagedoor:resolver/unverified-claims@0.1.0-dev;
                import stagedoor:resolver/groups@0.1.0-dev;
                import stagedoor:resolver/http-client@0.1.0-dev;
            }
        ",
        world: "stagedoor:sdk/everything",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export",
        default_bindings_module: "resolver_sdk::__private::bindings",
    });
}

/// The exported handler around an author's resolver.
pub struct Component<R>(PhantomData<R>);

impl<R: Resolver> bindings::exports::stagedoor::resolver::handler::Guest for Component<R> {
    fn describe() -> String {
        R::describe()
    }

    fn resolve() -> Result<host::sign_in::Identity, types::SignInError> {
        R::resolve(&Host).map(|identity| identity.0.0).map_err(to_host)
    }
}

/// The host of this component.
struct Host;

impl Sealed for Host {}

impl Context for Host {
    fn get_header(&self, name: &str) -> Option<String> {
        host::request::get_header(name)
    }

    fn profile(&self) -> Profile {
        host::sign_in_info::get_profile().into()
    }

    fn find_user(&self, query: UserQuery) -> Result<crate::User, Error> {
        host::catalog::find_user(&query.into()).map(|user| crate::User(User(user))).map_err(from_host)
    }

    fn sign_in_user(&self, user: &crate::User) -> Result<crate::Identity, Error> {
        identity(host::sign_in::sign_in_user(&user.0.0))
    }

    fn sign_in_with_catalog_user(&self, query: UserQuery) -> Result<crate::Identity, Error> {
        identity(host::sign_in::sign_in_with_catalog_user(&query.into()))
    }

    fn sign_in_with_catalog_user_or_fallback(&self, query: UserQuery, fallback: EntityRef) -> Result<crate::Identity, Error> {
        identity(host::fallback::sign_in_with_catalog_user_or_fallback(&query.into(), &fallback.into()))
    }

    fn sign_in_as(&self, user: EntityRef) -> Result<crate::Identity, Error> {
        identity(host::issue_self::sign_in_as(&user.into()))
    }

    fn add_ownership(&self, to: &crate::Identity, refs: impl IntoIterator<Item = EntityRef>) -> Result<(), Error> {
        host::add_ownership::add_ownership(&to.0.0, &entity_refs(refs)).map_err(from_host)
    }

    fn replace_ownership(&self, of: &crate::Identity, refs: impl IntoIterator<Item = EntityRef>) -> Result<(), Error> {
        host::replace_ownership::replace_ownership(&of.0.0, &entity_refs(refs)).map_err(from_host)
    }

    fn add_token_claims_json(&self, to: &crate::Identity, claims: &str) -> Result<(), Error> {
        host::add_token_claims::add_token_claims(&to.0.0, claims).map_err(from_host)
    }

    fn get_sensitive_header(&self, name: &str) -> Result<Option<String>, Error> {
        host::sensitive_headers::get_sensitive_header(name).map_err(from_host)
    }

    fn verified_claims_json(&self, token: &str) -> Result<Option<String>, Error> {
        host::verified_claims::get_verified_claims(token).map_err(from_host)
    }

    fn unverified_claims_json(&self, token: &str) -> Result<Option<String>, Error> {
        host::unverified_claims::get_unverified_claims(token).map_err(from_host)
    }

    fn get_groups(&self, refs: impl IntoIterator<Item = EntityRef>) -> Result<Vec<Option<crate::Group>>, Error> {
        powers::get_groups(&entity_refs(refs)).map_err(from_host)
    }

    fn find_groups<T: IntoIterator<Item = FilterTerm>>(&self, alternatives: impl IntoIterator<Item = T>) -> Result<Vec<crate::Group>, Error> {
        powers::find_groups(&filter(alternatives)).map_err(from_host)
    }

    fn get_ancestors(&self, of: impl IntoIterator<Item = EntityRef>, depth: u32) -> Result<Vec<crate::Group>, Error> {
        powers::get_ancestors(&entity_refs(of), depth).map_err(from_host)
    }

    fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        powers::send(request).map_err(from_host)
    }

    fn look_up(&self, table: &str, key: &str) -> Vec<String> {
        host::tables::look_up(table, key)
    }

    fn log(&self, level: Level, message: &str, fields: &[(&str, &str)]) {
        let level = match level {
            Level::Debug => host::log::Level::Debug,
            Level::Info => host::log::Level::Info,
            Level::Warn => host::log::Level::Warn,
            Level::Error => host::log::Level::Error,
        };
        let fields: Vec<_> = fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        host::log::write(level, message, &fields);
    }

    fn annotate(&self, key: &str, value: &str) {
        host::decision::annotate(key, value);
    }

    fn id_token_claims_json(&self) -> Option<String> {
        host::sign_in_info::get_id_token_claims()
    }

    fn settings_json(&self) -> String {
        host::settings::get_settings()
    }
}

/// A handle to a user that the host keeps.
#[derive(Debug)]
pub(crate) struct User(host::catalog::User);

impl User {
    pub(crate) fn entity_ref(&self) -> EntityRef {
        self.0.entity_ref().into()
    }

    pub(crate) fn profile(&self) -> Profile {
        self.0.profile().into()
    }

    pub(crate) fn annotation(&self, key: &str) -> Option<String> {
        self.0.annotation(key)
    }

    pub(crate) fn ownership_entity_refs(&self) -> Vec<EntityRef> {
        self.0.ownership_entity_refs().into_iter().map(Into::into).collect()
    }

    pub(crate) fn json(&self) -> String {
        self.0.json()
    }
}

/// A handle to an identity that the host keeps.
#[derive(Debug)]
pub(crate) struct Identity(host::sign_in::Identity);

impl Identity {
    pub(crate) fn user_entity_ref(&self) -> EntityRef {
        self.0.user_entity_ref().into()
    }

    pub(crate) fn set_profile(&self, Profile { email, display_name, picture }: Profile) {
        self.0.set_profile(&types::Profile { email, display_name, picture });
    }
}

fn identity(made: Result<host::sign_in::Identity, types::SignInError>) -> Result<crate::Identity, Error> {
    made.map(|identity| crate::Identity(Identity(identity))).map_err(from_host)
}

fn entity_refs(refs: impl IntoIterator<Item = EntityRef>) -> Vec<types::EntityRef> {
    refs.into_iter().map(Into::into).collect()
}

fn filter<T: IntoIterator<Item = FilterTerm>>(alternatives: impl IntoIterator<Item = T>) -> Vec<Vec<types::FilterTerm>> {
    let term = |FilterTerm { key, values }| types::FilterTerm { key, values };
    alternatives.into_iter().map(|terms| terms.into_iter().map(term).collect()).collect()
}

impl From<types::EntityRef> for EntityRef {
    fn from(types::EntityRef { kind, namespace, name }: types::EntityRef) -> Self {
        Self { kind, namespace, name }
    }
}

impl From<EntityRef> for types::EntityRef {
    fn from(EntityRef { kind, namespace, name }: EntityRef) -> Self {
        Self { kind, namespace, name }
    }
}

impl From<types::Profile> for Profile {
    fn from(types::Profile { email, display_name, picture }: types::Profile) -> Self {
        Self { email, display_name, picture }
    }
}

impl From<UserQuery> for types::UserQuery {
    fn from(UserQuery(kind): UserQuery) -> Self {
        match kind {
            query::Kind::EntityRef(entity_ref) => Self::EntityRef(entity_ref.into()),
            query::Kind::Annotations(annotations) => Self::Annotations(annotations),
            query::Kind::Filter(alternatives) => Self::Filter(filter(alternatives)),
        }
    }
}

/// Each name of the contract beside that of the SDK, in both directions.
macro_rules! error_names {
    ($($name:ident),*) => {
        fn from_host(types::SignInError { name, message, cause, status, retryable }: types::SignInError) -> Error {
            let name = match name { $(types::ErrorName::$name => ErrorName::$name),* };
            Error { name, message: message.into(), cause, status, retryable }
        }

        fn to_host(Error { name, message, cause, status, retryable }: Error) -> types::SignInError {
            let name = match name { $(ErrorName::$name => types::ErrorName::$name),* };
            types::SignInError { name, message: message.into_owned(), cause, status, retryable }
        }
    };
}

error_names!(Input, Authentication, NotAllowed, NotFound, Conflict, NotImplemented, ServiceUnavailable, Response, Other);
