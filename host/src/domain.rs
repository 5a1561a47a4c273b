//! The words and rules of a sign-in, without any input or output: given the same values, everything here answers the same.

pub mod ancestors;
pub mod claims;
pub mod component_kind;
pub mod date;
pub mod decision;
pub mod destination;
pub mod entity_ref;
pub mod error;
pub mod fold;
pub mod grant;
pub mod group;
pub mod group_filter;
pub mod guard;
pub mod headers;
pub mod id_token;
pub mod identity;
pub mod log_text;
pub mod origin_pattern;
pub mod peer;
pub mod profile;
pub mod query;
pub mod token_algorithm;
pub mod token_claims;
pub mod upstream;
pub mod user;
