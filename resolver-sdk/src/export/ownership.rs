//! From a function to an ownership component.

use crate::{Context, EntityRef, Error, User};

/// What [`export_ownership!`](crate::export_ownership!) makes of a function.
pub trait OwnershipResolver {
    /// The JSON document about the component.
    fn describe() -> String;
    /// The function.
    fn resolve_ownership(ctx: &impl Context, user: &User) -> Result<Vec<EntityRef>, Error>;
}

/// Makes a function the ownership component of this crate, which must be a `cdylib`: it decides what a user of the catalog owns, whichever resolver chose
/// them. `stagedoor.ownership` names it.
///
/// ```
/// use resolver_sdk::{Context, EntityRef, Error, Ownership, User, export_ownership};
///
/// fn owns(ctx: &impl Context, user: &User) -> Result<Vec<EntityRef>, Error> {
///     let department = user.annotation("corp.example/department").map(EntityRef::group);
///     ctx.annotate("department", if department.is_some() { "yes" } else { "no" });
///     Ok(Ownership::of(user).and(department).into())
/// }
///
/// export_ownership!(owns);
/// ```
///
/// The refs stand in the place of the user's own ref and its groups, and nothing is added to them: [`Ownership::of`](crate::Ownership::of) begins with both.
/// There may be 2,000 of them, and none of another user. What a resolver adds or replaces comes on top.
///
/// Of the [`Context`](crate::Context) there are look-ups, settings, tables, log and notes, and the powers `groups` and `http-client`; nothing of the
/// request. A component that calls anything else is not loaded.
///
/// An error, also `not_found`, ends the sign-in. What may follow the function is as with [`export_resolver!`](crate::export_resolver!), without `headers`; the settings are its third argument.
#[macro_export]
macro_rules! export_ownership {
    ($resolve:path $(, name = $name:literal)? $(, settings = $settings:ty)? $(, tables = [$($table:literal),* $(,)?])? $(,)?) => {
        const _: () = {
            struct Exported;

            impl $crate::__private::OwnershipResolver for Exported {
                $crate::__describe!([$($name)?] [$($settings)?] [] [$($($table),*)?]);

                fn resolve_ownership(
                    ctx: &impl $crate::Context,
                    user: &$crate::User,
                ) -> ::core::result::Result<::std::vec::Vec<$crate::EntityRef>, $crate::Error> {
                    $resolve(ctx, user $(, $crate::Context::settings::<$settings>(ctx)?)?)
                }
            }

            // Everywhere else it counts as used, and its types are checked.
            $crate::__private::exported::<Exported>();

            #[cfg(target_family = "wasm")]
            type Component = $crate::__private::OwnershipComponent<Exported>;
            #[cfg(target_family = "wasm")]
            $crate::__private::ownership_bindings::export!(Component with_types_in $crate::__private::ownership_bindings);
        };
    };
}
