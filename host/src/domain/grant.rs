//! What the operator decided about the powers that a component asks for.
//!
//! A power is an interface of the contract that must be decided: granted within bounds, or denied. Nothing is granted by default.

use std::fmt;

use regex::Regex;

use super::{claims, destination::Destination, entity_ref::EntityRef};

/// The powers of this host, by the name of their interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Power {
    /// `fallback`: a name for those whom the catalog does not know.
    Fallback,
    /// `issue-self`: a name without asking the catalog.
    IssueSelf,
    /// `add-ownership`: more refs in what a user owns.
    AddOwnership,
    /// `replace-ownership`: other refs in what a user owns.
    ReplaceOwnership,
    /// `add-token-claims`: further claims in the token.
    AddTokenClaims,
    /// `sensitive-headers`: tokens and cookies as they are.
    SensitiveHeaders,
    /// `verified-claims`: what a token of the request says, verified.
    VerifiedClaims,
    /// `unverified-claims`: what a token of the request says, whoever wrote it.
    UnverifiedClaims,
    /// `groups`: groups of the catalog.
    Groups,
    /// `http-client`: requests to places that the operator allows.
    HttpClient,
}

impl Power {
    /// Every power, in the order of the contract.
    pub const ALL: [Self; 10] = [
        Self::Fallback,
        Self::IssueSelf,
        Self::AddOwnership,
        Self::ReplaceOwnership,
        Self::AddTokenClaims,
        Self::SensitiveHeaders,
        Self::VerifiedClaims,
        Self::UnverifiedClaims,
        Self::Groups,
        Self::HttpClient,
    ];

    /// The name of the interface, which is also the key below `grants`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fallback => "fallback",
            Self::IssueSelf => "issue-self",
            Self::AddOwnership => "add-ownership",
            Self::ReplaceOwnership => "replace-ownership",
            Self::AddTokenClaims => "add-token-claims",
            Self::SensitiveHeaders => "sensitive-headers",
            Self::VerifiedClaims => "verified-claims",
            Self::UnverifiedClaims => "unverified-claims",
            Self::Groups => "groups",
            Self::HttpClient => "http-client",
        }
    }

    /// What its bounds are about, in one word for messages.
    pub fn subject(self) -> &'static str {
        match self {
            Self::Fallback | Self::IssueSelf => "user",
            Self::AddOwnership | Self::ReplaceOwnership => "ref",
            Self::AddTokenClaims => "claim",
            Self::SensitiveHeaders => "header",
            Self::VerifiedClaims | Self::UnverifiedClaims => "token",
            Self::Groups => "group",
            Self::HttpClient => "request",
        }
    }

    /// The power of that interface name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|power| power.name() == name)
    }
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A regular expression that must match a whole value.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles a pattern; the error is the engine's own, of several lines.
    pub fn new(pattern: &str) -> Result<Self, regex::Error> {
        // Alone first: `x)|(.*` is no pattern, but would be one between our anchors.
        Regex::new(pattern)?;
        Regex::new(&format!(r"\A(?:{pattern})\z")).map(Self)
    }

    /// Whether the whole value matches.
    pub fn matches(&self, value: &str) -> bool {
        self.0.is_match(value)
    }
}

/// The bounds of a power that gives out refs: of users, or of what they own.
#[derive(Debug, Clone)]
pub struct NameBounds {
    /// Patterns of the kind.
    pub kinds: Vec<Pattern>,
    /// Patterns of the namespace.
    pub namespaces: Vec<Pattern>,
    /// Patterns of the name.
    pub names: Vec<Pattern>,
}

impl NameBounds {
    /// Whether each part of the ref, in lower case, matches one of its patterns.
    pub fn allow(&self, name: &EntityRef) -> bool {
        let any = |patterns: &[Pattern], value| patterns.iter().any(|pattern| pattern.matches(value));
        any(&self.kinds, name.kind()) && any(&self.namespaces, name.namespace()) && any(&self.names, name.name())
    }
}

/// The bounds of `issue-self`.
#[derive(Debug, Clone)]
pub struct IssueSelfBounds {
    /// Which names.
    pub names: NameBounds,
    /// Refuse a name that a catalog user bears: it would sign in as that user without the catalog having been asked.
    pub unless_in_catalog: bool,
}

/// The bounds of `add-token-claims`.
#[derive(Debug, Clone)]
pub struct ClaimBounds {
    /// Names of claims, exactly.
    pub claims: Vec<String>,
}

impl ClaimBounds {
    /// Whether this claim may be added; never one that the token has of itself.
    pub fn allow(&self, name: &str) -> bool {
        !claims::is_registered(name) && self.claims.iter().any(|granted| granted == name)
    }
}

/// The bounds of `sensitive-headers`.
#[derive(Debug, Clone)]
pub struct HeaderBounds {
    /// Names of headers.
    pub headers: Vec<String>,
}

impl HeaderBounds {
    /// The header of this name in lower case, if it may be read; the case of the name does not matter.
    pub fn granted(&self, name: &str) -> Option<&str> {
        self.headers.iter().map(String::as_str).find(|granted| granted.eq_ignore_ascii_case(name))
    }
}

/// The bounds of `verified-claims` and of `unverified-claims`.
#[derive(Debug, Clone)]
pub struct TokenBounds {
    /// Names below `stagedoor.tokens`, exactly.
    pub tokens: Vec<String>,
}

impl TokenBounds {
    /// Whether the claims of this token may be read.
    pub fn allow(&self, name: &str) -> bool {
        self.tokens.iter().any(|granted| granted == name)
    }
}

/// The bounds of `groups`: it has none, so it is granted or not.
#[derive(Debug, Clone, Copy)]
pub struct NoBounds;

/// The bounds of `http-client`.
#[derive(Debug, Clone)]
pub struct HttpBounds {
    /// Where requests may go.
    pub destinations: Vec<Destination>,
    /// Names below `stagedoor.credentials`, exactly; may be empty.
    pub credentials: Vec<String>,
}

/// One decision.
#[derive(Debug, Clone)]
pub enum Decision<B> {
    /// Allowed within these bounds.
    Grant(B),
    /// Every call answers `not-allowed`.
    Deny,
}

/// All decisions about one component; `None` is undecided, which refuses a component that imports the power.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    /// `fallback`.
    pub fallback: Option<Decision<NameBounds>>,
    /// `issue-self`.
    pub issue_self: Option<Decision<IssueSelfBounds>>,
    /// `add-ownership`.
    pub add_ownership: Option<Decision<NameBounds>>,
    /// `replace-ownership`.
    pub replace_ownership: Option<Decision<NameBounds>>,
    /// `add-token-claims`.
    pub add_token_claims: Option<Decision<ClaimBounds>>,
    /// `sensitive-headers`.
    pub sensitive_headers: Option<Decision<HeaderBounds>>,
    /// `verified-claims`.
    pub verified_claims: Option<Decision<TokenBounds>>,
    /// `unverified-claims`.
    pub unverified_claims: Option<Decision<TokenBounds>>,
    /// `groups`.
    pub groups: Option<Decision<NoBounds>>,
    /// `http-client`.
    pub http_client: Option<Decision<HttpBounds>>,
}

impl Grants {
    /// Everything denied: for a component that the configuration does not know.
    pub fn deny_all() -> Self {
        Self {
            fallback: Some(Decision::Deny),
            issue_self: Some(Decision::Deny),
            add_ownership: Some(Decision::Deny),
            replace_ownership: Some(Decision::Deny),
            add_token_claims: Some(Decision::Deny),
            sensitive_headers: Some(Decision::Deny),
            verified_claims: Some(Decision::Deny),
            unverified_claims: Some(Decision::Deny),
            groups: Some(Decision::Deny),
            http_client: Some(Decision::Deny),
        }
    }

    /// Whether something is granted that reads tokens or cookies of the request; a credential may be one of them.
    pub fn need_sensitive_headers(&self) -> bool {
        let claims = [&self.verified_claims, &self.unverified_claims].into_iter().any(|decision| matches!(decision, Some(Decision::Grant(_))));
        let credentials = matches!(&self.http_client, Some(Decision::Grant(bounds)) if !bounds.credentials.is_empty());
        claims || credentials || matches!(self.sensitive_headers, Some(Decision::Grant(_)))
    }

    /// `granted`, `denied`, or `None` where nothing was decided.
    pub fn decided(&self, power: Power) -> Option<&'static str> {
        fn word<B>(decision: Option<&Decision<B>>) -> Option<&'static str> {
            decision.map(|decision| match decision {
                Decision::Grant(_) => "granted",
                Decision::Deny => "denied",
            })
        }
        match power {
            Power::Fallback => word(self.fallback.as_ref()),
            Power::IssueSelf => word(self.issue_self.as_ref()),
            Power::AddOwnership => word(self.add_ownership.as_ref()),
            Power::ReplaceOwnership => word(self.replace_ownership.as_ref()),
            Power::AddTokenClaims => word(self.add_token_claims.as_ref()),
            Power::SensitiveHeaders => word(self.sensitive_headers.as_ref()),
            Power::VerifiedClaims => word(self.verified_claims.as_ref()),
            Power::UnverifiedClaims => word(self.unverified_claims.as_ref()),
            Power::Groups => word(self.groups.as_ref()),
            Power::HttpClient => word(self.http_client.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(kinds: &str, namespaces: &str, names: &str) -> NameBounds {
        let one = |pattern| vec![Pattern::new(pattern).unwrap()];
        NameBounds { kinds: one(kinds), namespaces: one(namespaces), names: one(names) }
    }

    #[test]
    fn each_part_must_match_as_a_whole() {
        let allowed = bounds("user", "default", "ext-[a-z]+");
        let allow = |namespace, name| allowed.allow(&EntityRef::new("user", namespace, name).unwrap());
        assert!(allow("default", "ext-zed"));
        assert!(allow("default", "EXT-ZED"), "compared in canonical form");
        assert!(!allow("default", "root"));
        assert!(!allow("default", "ext-zed.root"), "a prefix is not a match");
        assert!(!allow("other", "ext-zed"));
        assert!(!allowed.allow(&EntityRef::new("group", "default", "ext-zed").unwrap()));
    }

    #[test]
    fn no_grant_names_a_claim_of_the_token_itself() {
        let bounds = ClaimBounds { claims: ["groups", "sub", "Exp"].map(str::to_owned).into() };
        assert!(bounds.allow("groups"));
        for name in ["Groups", "group", "groups ", "", "sub", "Exp"] {
            assert!(!bounds.allow(name), "{name:?}");
        }
    }

    #[test]
    fn an_alternative_does_not_escape_its_anchors() {
        let allowed = bounds("user", "default", "a|b");
        assert!(!allowed.allow(&EntityRef::new("user", "default", "ax").unwrap()));
        assert!(!allowed.allow(&EntityRef::new("user", "default", "xb").unwrap()));
        assert!(Pattern::new("x)|(.*").is_err());
    }
}
