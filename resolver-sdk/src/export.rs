//! From a function to a component.

mod ownership;
mod profile;

pub use {ownership::OwnershipResolver, profile::ProfileTransform};

use crate::{Context, Error, Identity};

/// What [`export_resolver!`](crate::export_resolver!) makes of a function.
pub trait Resolver {
    /// The JSON document about the component.
    fn describe() -> String;
    /// The function.
    fn resolve(ctx: &impl Context) -> Result<Identity, Error>;
}

/// Does nothing with a component.
pub const fn exported<R>() {}

/// Makes a function the resolver of this crate, which must be a `cdylib`.
///
/// ```
/// use resolver_sdk::{Context, Error, Identity, UserQuery, export_resolver, settings};
///
/// settings! {
///     /// What stands beside `resolver: …` in the config.
///     struct Settings {
///         /// The annotation that holds the login.
///         login_annotation: String,
///     }
/// }
///
/// fn resolve(ctx: &impl Context, settings: Settings) -> Result<Identity, Error> {
///     let login = ctx.required_header("x-forwarded-preferred-username", "Request did not contain a login")?;
///     ctx.sign_in_with_catalog_user(UserQuery::annotation(settings.login_annotation, login))
/// }
///
/// export_resolver!(resolve, settings = Settings, headers = ["x-forwarded-preferred-username"]);
/// ```
///
/// After the function may follow, in this order:
/// - `name = "…"`: the name of the component, otherwise the name of the crate. Version and description are always the crate's.
/// - `settings = Type`: the type of the settings, made with [`settings!`](crate::settings!) or another [`Setting`](crate::Setting). The function
///   gets them as its second argument, and the host checks them against their schema before it loads the component.
/// - `headers = ["…"]`: the headers that the resolver reads, for documentation.
/// - `tables = ["…"]`: the tables that it looks into. It is not loaded where one of them is not configured.
///
/// The component is exported only where the target is WebAssembly: everywhere else the crate is an ordinary one that can be tested.
#[macro_export]
macro_rules! export_resolver {
    ($resolve:path $(, name = $name:literal)? $(, settings = $settings:ty)? $(, headers = [$($header:literal),* $(,)?])? $(, tables = [$($table:literal),* $(,)?])? $(,)?) => {
        const _: () = {
            struct Exported;

            impl $crate::__private::Resolver for Exported {
                $crate::__describe!([$($name)?] [$($settings)?] [$($($header),*)?] [$($($table),*)?]);

                fn resolve(ctx: &impl $crate::Context) -> ::core::result::Result<$crate::Identity, $crate::Error> {
                    $resolve(ctx $(, $crate::Context::settings::<$settings>(ctx)?)?)
                }
            }

            // Everywhere else it counts as used, and its types are checked.
            $crate::__private::exported::<Exported>();

            #[cfg(target_family = "wasm")]
            type Component = $crate::__private::Component<Exported>;
            #[cfg(target_family = "wasm")]
            $crate::__private::bindings::export!(Component with_types_in $crate::__private::bindings);
        };
    };
}

/// What the component says about itself; the same for every kind.
#[doc(hidden)]
#[macro_export]
macro_rules! __describe {
    ([$($name:literal)?] [$($settings:ty)?] [$($header:literal),*] [$($table:literal),*]) => {
        fn describe() -> ::std::string::String {
            let about = $crate::__private::About {
                name: $crate::__first!($($name,)? ::core::env!("CARGO_PKG_NAME")),
                version: ::core::env!("CARGO_PKG_VERSION"),
                description: ::core::env!("CARGO_PKG_DESCRIPTION"),
                headers: &[$($header),*],
                tables: &[$($table),*],
            };
            $crate::__first!($($crate::__private::document_with_settings::<$settings>(about),)? $crate::__private::document(about))
        }
    };
}

/// The first of one or two expressions.
#[doc(hidden)]
#[macro_export]
macro_rules! __first {
    ($first:expr $(, $second:expr)?) => {
        $first
    };
}
