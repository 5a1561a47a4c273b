//! Unit tests of resolvers, natively and without a server (feature `testing`).
//!
//! A [`FakeContext`] answers as the host does, from users, headers and decisions that the test has given it:
//!
//! ```
//! use resolver_sdk::{Context, EntityRef, Error, ErrorName, Identity, UserQuery};
//! use resolver_sdk::testing::{Bounds, FakeContext, FakeUser};
//!
//! fn resolve(ctx: &impl Context) -> Result<Identity, Error> {
//!     let name = ctx.required_header("x-forwarded-user", "Request did not contain a user")?;
//!     ctx.sign_in_with_catalog_user_or_fallback(UserQuery::name(&*name), EntityRef::user(&*name))
//! }
//!
//! let door = || FakeContext::new().with_user(FakeUser::new("alice").member_of("team-a"));
//!
//! // Nothing is granted unless the test says so, as in a real config.
//! let ctx = door().with_header("x-forwarded-user", "zed");
//! assert_eq!(resolve(&ctx).unwrap_err().name(), ErrorName::NotAllowed);
//!
//! let ctx = door().with_header("x-forwarded-user", "Zed").grant_fallback(Bounds::any());
//! assert_eq!(resolve(&ctx)?.user_entity_ref(), EntityRef::user("zed"));
//!
//! // An outage is no reason to fall back.
//! let ctx = door().with_header("x-forwarded-user", "zed").grant_fallback(Bounds::any()).with_catalog_unavailable();
//! assert_eq!(resolve(&ctx).unwrap_err().name(), ErrorName::ServiceUnavailable);
//! # Ok::<(), Error>(())
//! ```
//!
//! Where the host would end a component (more than 8 look-ups, a table that is not configured), the fake panics.

mod answer;
mod bounds;
mod cases;
mod catalog;
mod entity;
mod fake_context;
mod fake_group;
mod fake_http;
mod fake_user;
mod groups;
mod host;
mod http;
mod powers;
mod tokens;

pub use answer::Answer;
pub use bounds::Bounds;
pub use cases::{cases, ownership_cases, profile_cases};
pub use fake_context::FakeContext;
pub use fake_group::FakeGroup;
pub use fake_http::FakeHttp;
pub use fake_user::FakeUser;
