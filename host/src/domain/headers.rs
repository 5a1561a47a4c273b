//! The request headers that a resolver may read, after hygiene.
//!
//! Names are lower-case and unique, values are UTF-8. What proves the proxy, tokens and cookies are not in here at all, so no code path can
//! hand them to a component by mistake.

use std::{fmt, ops::Range};

use super::id_token;

/// The headers by which a proxy says who is there.
pub mod identity {
    /// `X-Forwarded-User`: usually the `sub` claim.
    pub const USER: &str = "x-forwarded-user";
    /// `X-Forwarded-Email`.
    pub const EMAIL: &str = "x-forwarded-email";
    /// `X-Forwarded-Preferred-Username`.
    pub const PREFERRED_USERNAME: &str = "x-forwarded-preferred-username";
    /// `X-Forwarded-Groups`: comma-joined, so a group that holds a comma cannot be told from two.
    pub const GROUPS: &str = "x-forwarded-groups";
    /// All of them.
    pub const ALL: [&str; 4] = [USER, EMAIL, PREFERRED_USERNAME, GROUPS];
}

/// Tokens, cookies and signatures: never in what a resolver reads, unless the power `sensitive-headers` names one. The access token has three names:
/// what oauth2-proxy calls it as a proxy, what it calls it in its answer to `auth_request` (Traefik passes that on as it is), and what the nginx of its
/// documentation makes of that.
pub const SENSITIVE: [&str; 10] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    SET_COOKIE,
    "x-forwarded-access-token",
    "x-auth-request-access-token",
    "x-access-token",
    id_token::HEADER,
    "gap-auth",
    "gap-signature",
];

/// No header of a request, so nobody can be granted to read it.
const SET_COOKIE: &str = "set-cookie";

/// Those of [`SENSITIVE`] that the power `sensitive-headers` can name.
pub fn grantable() -> impl Iterator<Item = &'static str> {
    SENSITIVE.into_iter().filter(|name| *name != SET_COOKIE)
}

/// Sensitive headers of one request, for the host function of that power and nothing else. Their values are not in its `Debug`.
#[derive(Default)]
pub struct SensitiveHeaders(pub Headers);

impl fmt::Debug for SensitiveHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SensitiveHeaders(…)")
    }
}

/// Clean headers in one buffer: a request costs two allocations, not one for each header.
#[derive(Debug, Default)]
pub struct Headers {
    text: String,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    name: Range<usize>,
    value: Range<usize>,
}

impl Headers {
    /// Room for `count` headers of `bytes` in all.
    pub fn with_capacity(count: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), entries: Vec::with_capacity(count) }
    }

    /// Adds a header. The name is lower-case and not there yet: hygiene (`proxy::headers`) sees to both.
    pub fn push(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        self.text.push_str(name);
        let middle = self.text.len();
        self.text.push_str(value);
        self.entries.push(Entry { name: start..middle, value: middle..self.text.len() });
    }

    /// The value of a header, its name in any case. `referer` and `referrer` are one name, as in Node.
    pub fn get(&self, name: &str) -> Option<&str> {
        let name = if name.eq_ignore_ascii_case("referrer") { "referer" } else { name };
        let found = self.entries.iter().find(|entry| self.text[entry.name.clone()].eq_ignore_ascii_case(name))?;
        Some(&self.text[found.value.clone()])
    }
}
