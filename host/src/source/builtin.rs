//! The built-in components: those from `resolvers/`, embedded so that the server is one file.

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// The name by which the configuration asks it; of a resolver Backstage's.
    pub name: &'static str,
    /// The component.
    pub bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/builtins.rs"));

/// The built-in of that name, whatever kind of component it is.
pub fn find(name: &str) -> Option<Builtin> {
    RESOLVERS.into_iter().chain(OWNERSHIP).find(|builtin| builtin.name == name)
}
