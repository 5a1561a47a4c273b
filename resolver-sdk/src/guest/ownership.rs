//! An ownership component: the same host, another export.

use std::marker::PhantomData;

use super::{Host, User, entity_refs, host, host::types, to_host};
use crate::export::OwnershipResolver;

/// Generated from `wit/`: the export of this kind. What it imports is that of [`bindings`](super::bindings).
#[expect(missing_docs, clippy::pedantic, reason = "generated code")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package stagedoor:sdk-ownership;
            world ownership {
                include stagedoor:resolver/ownership-resolver@0.1.0-dev;
                import stagedoor:resolver/groups@0.1.0-dev;
                import stagedoor:resolver/http-client@0.1.0-dev;
            }
        ",
        world: "stagedoor:sdk-ownership/ownership",
        with: {
            "stagedoor:resolver/types@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::types,
            "stagedoor:resolver/catalog@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::catalog,
            "stagedoor:resolver/settings@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::settings,
            "stagedoor:resolver/tables@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::tables,
            "stagedoor:resolver/log@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::log,
            "stagedoor:resolver/decision@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::decision,
            "stagedoor:resolver/groups@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::groups,
            "stagedoor:resolver/http-client@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::http_client,
        },
        pub_export_macro: true,
        export_macro_name: "export",
        default_bindings_module: "resolver_sdk::__private::ownership_bindings",
    });
}

/// The exported handler around an author's function.
pub struct OwnershipComponent<O>(PhantomData<O>);

impl<O: OwnershipResolver> bindings::exports::stagedoor::resolver::ownership_handler::Guest for OwnershipComponent<O> {
    fn describe() -> String {
        O::describe()
    }

    fn resolve_ownership(user: host::catalog::User) -> Result<Vec<types::EntityRef>, types::SignInError> {
        O::resolve_ownership(&Host, &crate::User(User(user))).map(entity_refs).map_err(to_host)
    }
}
