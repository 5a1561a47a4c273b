//! What a guest may call, one file an interface: convert, ask a port, convert back.

mod add_ownership;
mod add_token_claims;
mod catalog;
mod convert;
mod decision;
mod fallback;
mod groups;
mod http_client;
mod issue_self;
mod log;
mod ownership;
mod replace_ownership;
mod request;
mod sensitive_headers;
mod settings;
mod sign_in;
mod sign_in_info;
mod tables;
mod unverified_claims;
mod verified_claims;

use wasmtime::component::{HasSelf, Linker};

use super::{bindings, store::State, wasi};

pub(super) use convert::{from_guest_error, from_guest_profile, issued_ref as returned_ref};
pub(super) use log::{last_words, write_output};

/// Links the contract and the frozen WASI.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasi::link(linker)?;
    bindings::Everything::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}
