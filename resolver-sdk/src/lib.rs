//! Write sign-in resolvers for stagedoor as WebAssembly components.
//!
//! A resolver answers one question: who is this request? It is a function and one macro, and it builds with
//! `cargo build --target wasm32-wasip2 --release`:
//!
//! ```
//! use resolver_sdk::{export_resolver, Context, Error, Identity, UserQuery};
//!
//! fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
//!     let name = ctx.get_header("x-forwarded-user").ok_or(Error::other("Request did not contain a user"))?;
//!     ctx.sign_in_with_catalog_user(UserQuery::name(name))
//! }
//!
//! export_resolver!(resolve);
//! ```
//!
//! Everything that it may know comes from the [`Context`]; only the context makes an [`Identity`], and the token never enters the component. With
//! the feature `testing` the same function runs natively on a `testing::FakeContext`:
//!
//! ```
//! # use resolver_sdk::{Context, Error, Identity, UserQuery};
//! # fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
//! #     let name = ctx.get_header("x-forwarded-user").ok_or(Error::other("Request did not contain a user"))?;
//! #     ctx.sign_in_with_catalog_user(UserQuery::name(name))
//! # }
//! use resolver_sdk::testing::{FakeContext, FakeUser};
//!
//! let ctx = FakeContext::new().with_user(FakeUser::new("alice").member_of("team-a")).with_header("x-forwarded-user", "Alice");
//! let answer = ctx.answer(&resolve(&ctx)?);
//! assert_eq!(answer.user_entity_ref, "user:default/alice");
//! assert_eq!(answer.ownership_entity_refs, ["user:default/alice", "group:default/team-a"]);
//! # Ok::<(), Error>(())
//! ```
//!
//! Some methods of the context are **powers**: [`sign_in_with_catalog_user_or_fallback`](Context::sign_in_with_catalog_user_or_fallback),
//! [`sign_in_as`](Context::sign_in_as), [`add_ownership`](Context::add_ownership), [`replace_ownership`](Context::replace_ownership),
//! [`add_token_claims`](Context::add_token_claims), [`get_sensitive_header`](Context::get_sensitive_header),
//! [`verified_claims`](Context::verified_claims), [`unverified_claims`](Context::unverified_claims), the groups of the catalog
//! ([`get_groups`](Context::get_groups), [`find_groups`](Context::find_groups), [`get_ancestors`](Context::get_ancestors)) and
//! [`send`](Context::send). A component that calls one of them is loaded only where the operator has decided about it; one that does not call them
//! does not ask for them.

#![forbid(unsafe_code)]

mod allowed_domains;
mod claims;
mod context;
mod describe;
pub mod email;
mod entity_name;
mod entity_ref;
mod error;
mod export;
mod fold;
mod group;
mod groups;
#[cfg(target_family = "wasm")]
#[path = "guest.rs"]
mod handle;
#[cfg(not(target_family = "wasm"))]
#[path = "native.rs"]
mod handle;
mod http;
mod identity;
mod level;
mod mapping;
mod membership;
mod organisations;
mod ownership;
mod profile;
mod query;
mod rewording;
mod setting;
mod settings;
mod sign_in;
#[cfg(all(feature = "testing", not(target_family = "wasm")))]
pub mod testing;
mod user;

pub use allowed_domains::AllowedDomains;
pub use claims::Claims;
pub use context::Context;
pub use email::Email;
pub use entity_name::NameRules;
pub use entity_ref::EntityRef;
pub use error::{Error, ErrorName};
pub use group::Group;
pub use groups::Groups;
pub use http::{HttpRequest, HttpResponse};
pub use identity::Identity;
pub use level::Level;
pub use mapping::Mapping;
pub use membership::Membership;
pub use organisations::Organisations;
pub use ownership::Ownership;
pub use profile::Profile;
pub use query::{FilterTerm, UserQuery};
pub use setting::Setting;
pub use sign_in::SignIn;
pub use user::User;

// What `settings!` expands to, and what claims and entities are read with.
pub use {serde, serde_json};

// The macros name this crate as its authors do.
extern crate self as resolver_sdk;

/// What [`export_resolver!`] expands to. No part of the API.
#[doc(hidden)]
pub mod __private {
    pub use crate::describe::{About, document, document_with_settings};
    pub use crate::export::{OwnershipResolver, ProfileTransform, Resolver, exported};
    #[cfg(target_family = "wasm")]
    pub use crate::handle::{
        Component, bindings,
        ownership::{OwnershipComponent, bindings as ownership_bindings},
        profile::{ProfileComponent, bindings as profile_bindings},
    };
    pub use crate::settings::{defaulted, missing, open_property, push_required};
}

/// The code in the handbook and in the README is what an author copies: it compiles.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../docs/writing-a-resolver.md")]
    struct Handbook;
    #[doc = include_str!("../../docs/migrating-a-resolver.md")]
    struct Migration;
    #[doc = include_str!("../README.md")]
    struct Readme;
}
