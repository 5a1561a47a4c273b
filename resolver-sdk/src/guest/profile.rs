//! A profile component: the same host, another export.

use std::marker::PhantomData;

use super::{Host, host::types, to_host};
use crate::{Profile, export::ProfileTransform};

/// Generated from `wit/`: the export of this kind. What it imports is that of [`bindings`](super::bindings).
#[expect(missing_docs, clippy::pedantic, reason = "generated code")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package stagedoor:sdk-profile;
            world profile {
                include stagedoor:resolver/profile-transform@0.1.0-dev;
                import stagedoor:resolver/sensitive-headers@0.1.0-dev;
                import stagedoor:resolver/verified-claims@0.1.0-dev;
                import stagedoor:resolver/unverified-claims@0.1.0-dev;
                import stagedoor:resolver/http-client@0.1.0-dev;
            }
        ",
        world: "stagedoor:sdk-profile/profile",
        with: {
            "stagedoor:resolver/types@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::types,
            "stagedoor:resolver/request@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::request,
            "stagedoor:resolver/sign-in-info@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::sign_in_info,
            "stagedoor:resolver/settings@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::settings,
            "stagedoor:resolver/tables@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::tables,
            "stagedoor:resolver/log@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::log,
            "stagedoor:resolver/decision@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::decision,
            "stagedoor:resolver/sensitive-headers@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::sensitive_headers,
            "stagedoor:resolver/verified-claims@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::verified_claims,
            "stagedoor:resolver/unverified-claims@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::unverified_claims,
            "stagedoor:resolver/http-client@0.1.0-dev": crate::handle::bindings::stagedoor::resolver::http_client,
        },
        pub_export_macro: true,
        export_macro_name: "export",
        default_bindings_module: "resolver_sdk::__private::profile_bindings",
    });
}

/// The exported handler around an author's function.
pub struct ProfileComponent<P>(PhantomData<P>);

impl<P: ProfileTransform> bindings::exports::stagedoor::resolver::profile_handler::Guest for ProfileComponent<P> {
    fn describe() -> String {
        P::describe()
    }

    fn transform_profile() -> Result<types::Profile, types::SignInError> {
        let Profile { email, display_name, picture } = P::transform(&Host).map_err(to_host)?;
        Ok(types::Profile { email, display_name, picture })
    }
}
