//! What went wrong in a call, whose fault it is, and what the client and the operator are told.

use crate::domain::{
    component_kind::ComponentKind,
    error::{Blame, ErrorCode, ErrorName, SignInError},
};

/// Why the host stopped a guest. A guest that swallows errors cannot swallow one of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Interrupt {
    /// The sign-in ran out of time.
    #[error("the sign-in took longer than stagedoor.limits.timeout")]
    Deadline,
    /// The catalog did.
    #[error("the catalog did not answer within stagedoor.limits.timeout")]
    CatalogDeadline,
    /// The keys of a token did not come in time.
    #[error("the keys of a token did not come within stagedoor.limits.timeout")]
    KeysDeadline,
    /// The guest wanted more memory than it may have.
    #[error("the component wanted more than the {0} bytes of stagedoor.limits.memory")]
    Memory(usize),
    /// The guest asked the catalog too often.
    #[error("the component used more than the {0} look-ups of stagedoor.limits.catalogLookups")]
    CatalogLookUps(u32),
    /// The guest made too many requests.
    #[error("the component made more than the {0} requests of stagedoor.limits.httpCalls")]
    HttpCalls(u32),
    /// A system that the guest asked ran out of time.
    #[error("a system that the component asked did not answer within stagedoor.limits.timeout")]
    HttpDeadline,
    /// The guest asked for a table that nobody configured.
    #[error("the component looked into the table {0:?}, which is not configured")]
    UnknownTable(String),
    /// The guest set a profile that no page can show.
    #[error("the component set a profile of {0} bytes, at most 65536 are allowed")]
    Profile(usize),
    /// The guest ended itself.
    #[error("the component called exit")]
    Exit,
    /// The guest asked for too much randomness at once.
    #[error("the component asked for {0} random bytes at once")]
    RandomBytes(u64),
}

/// The error of a sign-in whose guest, of that kind, did not return.
pub(super) fn failed(kind: ComponentKind, error: &wasmtime::Error, last_words: Option<&str>) -> SignInError {
    let failure = match error.downcast_ref::<Interrupt>() {
        Some(Interrupt::Deadline) => too_long(Blame::Guest),
        Some(Interrupt::CatalogDeadline | Interrupt::KeysDeadline | Interrupt::HttpDeadline) => too_long(Blame::Upstream),
        Some(Interrupt::Memory(_)) => {
            SignInError::own(ErrorName::Other, ErrorCode::ResolverOutOfMemory, Blame::Guest, format!("The {} ran out of memory", who(kind)))
        }
        _ => SignInError::own(ErrorName::Other, ErrorCode::ResolverTrapped, Blame::Guest, format!("The {} failed", who(kind))),
    };
    failure.because(cause(error, last_words))
}

/// Who failed, for the client: a resolver as Backstage calls it.
fn who(kind: ComponentKind) -> &'static str {
    if kind == ComponentKind::Resolver { "sign-in resolver" } else { kind.noun() }
}

/// Why a guest did not return, in one line for the operator: without its backtrace, with its last words.
pub(super) fn cause(error: &wasmtime::Error, last_words: Option<&str>) -> String {
    let mut cause: Vec<String> = error.chain().map(ToString::to_string).filter(|text| !text.starts_with("error while executing at wasm")).collect();
    cause.extend(last_words.map(|words| format!("its last words were {words:?}")));
    cause.join(": ")
}

fn too_long(blame: Blame) -> SignInError {
    let error = SignInError::own(ErrorName::ServiceUnavailable, ErrorCode::ResolverTimeout, blame, "The sign-in took too long");
    SignInError { retryable: true, ..error }
}
