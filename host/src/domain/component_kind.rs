//! What a component is for. Each kind has a world of its own in the contract, and a place of its own in the configuration.

use std::fmt;

/// The kinds of components, in the order in which a sign-in asks them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComponentKind {
    /// What does the page show about them?
    Profile,
    /// Who is it?
    Resolver,
    /// What do they own?
    Ownership,
}

impl ComponentKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Profile, Self::Resolver, Self::Ownership];

    /// One word for it, in logs and where things are listed.
    pub fn word(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Resolver => "resolver",
            Self::Ownership => "ownership",
        }
    }

    /// What it is called in messages.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Profile => "profile component",
            Self::Resolver => "resolver",
            Self::Ownership => "ownership component",
        }
    }

    /// The interface that such a component exports: it is what makes the kind.
    pub fn export(self) -> &'static str {
        match self {
            Self::Profile => "profile-handler",
            Self::Resolver => "handler",
            Self::Ownership => "ownership-handler",
        }
    }

    /// The world to build it on.
    pub fn world(self) -> &'static str {
        match self {
            Self::Profile => "profile-transform",
            Self::Resolver => "resolver",
            Self::Ownership => "ownership-resolver",
        }
    }

    /// Where the configuration names it.
    pub fn config_key(self) -> &'static str {
        match self {
            Self::Profile => "stagedoor.profile",
            Self::Resolver => "auth.providers.oauth2Proxy.signIn.resolvers",
            Self::Ownership => "stagedoor.ownership",
        }
    }
}

/// With its article: `a profile component`, `a resolver`.
impl fmt::Display for ComponentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let article = if *self == Self::Ownership { "an" } else { "a" };
        write!(f, "{article} {}", self.noun())
    }
}
