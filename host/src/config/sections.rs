//! One file for each section: its keys with their defaults, what is checked, and, in the doc comments, what `stagedoor schema` says about them.

pub(super) mod auth;
pub(super) mod backend;
pub(super) mod catalog;
pub(super) mod catalog_cache;
pub(super) mod catalog_source;
pub(super) mod components;
pub(super) mod cors;
pub(super) mod database;
pub(super) mod discovery;
pub(super) mod grants;
pub(super) mod health;
pub(super) mod https;
pub(super) mod key_store;
pub(super) mod lifecycle;
pub(super) mod limits;
pub(super) mod listen;
pub(super) mod postgres;
pub(super) mod postgres_url;
pub(super) mod resolvers;
pub(super) mod security_headers;
pub(super) mod server;
pub(super) mod shared_secret;
pub(super) mod single_component;
pub(super) mod stagedoor;
pub(super) mod trust;
pub(super) mod trust_proxy;
