//! The built-in resolvers: components from `resolvers/`, embedded so that the server is one file.

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// Backstage's name of the resolver.
    pub name: &'static str,
    /// The component.
    pub bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/builtins.rs"));

/// The built-in of that name.
pub fn find(name: &str) -> Option<Builtin> {
    BUILTINS.into_iter().find(|builtin| builtin.name == name)
}
