//! From a function to a profile component.

use crate::{Context, Error, Profile};

/// What [`export_profile!`](crate::export_profile!) makes of a function.
pub trait ProfileTransform {
    /// The JSON document about the component.
    fn describe() -> String;
    /// The function.
    fn transform(ctx: &impl Context) -> Result<Profile, Error>;
}

/// Makes a function the profile component of this crate, which must be a `cdylib`: it decides what the page shows about a person, before the resolvers
/// run. `stagedoor.profile` names it.
///
/// ```
/// use resolver_sdk::{Context, Error, Profile, export_profile};
///
/// fn profile(ctx: &impl Context) -> Result<Profile, Error> {
///     let email = ctx.required_header("x-auth-request-email", "Request did not contain an email")?;
///     let name = ctx.get_header("x-auth-request-user").filter(|name| !name.is_empty());
///     Ok(Profile { display_name: name.or(Some(email.clone())), email: Some(email), ..Profile::default() })
/// }
///
/// export_profile!(profile, headers = ["x-auth-request-email", "x-auth-request-user"]);
/// ```
///
/// Of the [`Context`](crate::Context) there is what a request says: headers, the profile that the proxy's headers make, claims, settings, tables, log and
/// notes; and of the powers `sensitive-headers`, `verified-claims`, `unverified-claims` and `http-client`. A component that calls anything else, such as
/// a look-up, is not loaded.
///
/// An error, also `not_found`, ends the sign-in. What may follow the function is as with [`export_resolver!`](crate::export_resolver!).
#[macro_export]
macro_rules! export_profile {
    ($transform:path $(, name = $name:literal)? $(, settings = $settings:ty)? $(, headers = [$($header:literal),* $(,)?])? $(, tables = [$($table:literal),* $(,)?])? $(,)?) => {
        const _: () = {
            struct Exported;

            impl $crate::__private::ProfileTransform for Exported {
                $crate::__describe!([$($name)?] [$($settings)?] [$($($header),*)?] [$($($table),*)?]);

                fn transform(ctx: &impl $crate::Context) -> ::core::result::Result<$crate::Profile, $crate::Error> {
                    $transform(ctx $(, $crate::Context::settings::<$settings>(ctx)?)?)
                }
            }

            // Everywhere else it counts as used, and its types are checked.
            $crate::__private::exported::<Exported>();

            #[cfg(target_family = "wasm")]
            type Component = $crate::__private::ProfileComponent<Exported>;
            #[cfg(target_family = "wasm")]
            $crate::__private::profile_bindings::export!(Component with_types_in $crate::__private::profile_bindings);
        };
    };
}
