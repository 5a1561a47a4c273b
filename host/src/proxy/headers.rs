//! Header hygiene: what could mean two things is refused, what proves something is kept from components.
//!
//! Identity headers decide who somebody is, so each may come once, under its exact name, in UTF-8. Other headers are joined as Node joins them.
//! Source: Node's `http.IncomingMessage.headers`; CVE-2025-64484 (underscore twins).

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, COOKIE, GetAll},
};

use crate::domain::{
    error::{Blame, ErrorCode, ErrorName, SignInError},
    headers::{self, Headers, SENSITIVE, SensitiveHeaders, identity},
    id_token,
};

/// Headers of which Node keeps the first value only.
const FIRST_ONLY: [&str; 17] = [
    "age",
    "content-length",
    "content-type",
    "etag",
    "expires",
    "from",
    "host",
    "if-modified-since",
    "if-unmodified-since",
    "last-modified",
    "location",
    "max-forwards",
    "referer",
    "retry-after",
    "server",
    "user-agent",
    "authorization",
];

/// Which headers of a request are special, by the configuration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Special<'a> {
    /// The one by which the proxy proves itself.
    pub(super) proof: Option<&'a str>,
    /// Those that hold the tokens of `stagedoor.tokens`: what they say decides, so they come once, under their exact name, in UTF-8, or not at all.
    pub(super) tokens: &'a [HeaderName],
}

/// The headers that a resolver may read; neither the proof nor a token is among them under any spelling.
pub(super) fn clean(headers: &HeaderMap, special: Special<'_>) -> Result<Headers, SignInError> {
    not_hop_by_hop(headers, special)?;
    let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 2).sum();
    let mut clean = Headers::with_capacity(headers.keys_len(), bytes);
    for name in headers.keys() {
        let values = headers.get_all(name);
        if let Some(meant) = identity_name(name.as_str().as_bytes()) {
            clean.push(meant, only_value(name, meant, &values)?);
        } else if let Some(meant) = special.token(name.as_str().as_bytes()) {
            only_value(name, meant, &values)?;
        } else if !SENSITIVE.iter().any(|meant| same(meant, name.as_str().as_bytes())) && !special.is_proof(name) {
            joined(&mut clean, name, &values);
        }
    }
    Ok(clean)
}

/// The forwarded ID token, if there is one in the form that Backstage accepts. Two of them are none.
pub(super) fn id_token(headers: &HeaderMap) -> Result<Option<String>, SignInError> {
    let mut values = headers.get_all(id_token::HEADER).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Ok(None) };
    let Some(token) = value.to_str().ok().and_then(id_token::bearer) else { return Ok(None) };
    id_token::check(token)?;
    Ok(Some(token.to_owned()))
}

/// Tokens and cookies, for the verifier and for the power `sensitive-headers`: as they came, without the proof. One that came twice reads as absent, since
/// somebody else may have written the other; only cookies may stand in several lines (RFC 9113, 8.2.3).
pub(super) fn sensitive(headers: &HeaderMap, special: Special<'_>) -> SensitiveHeaders {
    let mut sensitive = Headers::default();
    let own = special.tokens.iter().map(HeaderName::as_str).filter(|name| !SENSITIVE.contains(name));
    for name in
        headers::grantable().map(|name| -> &str { name }).chain(own).filter(|name| !special.proof.is_some_and(|proof| same(proof, name.as_bytes())))
    {
        let values = headers.get_all(name).iter().map(|value| std::str::from_utf8(value.as_bytes()));
        let Ok(values) = values.collect::<Result<Vec<_>, _>>() else { continue };
        match &values[..] {
            [] => {}
            [value] => sensitive.push(name, value),
            several if name == COOKIE.as_str() => sensitive.push(name, &several.join("; ")),
            _ => {}
        }
    }
    SensitiveHeaders(sensitive)
}

/// Whoever names a header in `Connection` asks the next hop to remove it. A proxy that obeys drops what it has just set, so nobody but a client that
/// tries this has a reason to name an identity header.
fn not_hop_by_hop(headers: &HeaderMap, special: Special<'_>) -> Result<(), SignInError> {
    for value in headers.get_all(CONNECTION) {
        let names = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        if let Some(meant) = names.into_iter().find_map(|name| identity_name(name).or_else(|| special.token(name))) {
            return Err(bad(meant, "named in Connection, which asks for its removal"));
        }
    }
    Ok(())
}

impl<'a> Special<'a> {
    /// The token header that a name means, as [`identity_name`] finds them.
    fn token(self, name: &[u8]) -> Option<&'a str> {
        self.tokens.iter().map(HeaderName::as_str).find(|meant| same(meant, name))
    }

    fn is_proof(self, name: &HeaderName) -> bool {
        self.proof.is_some_and(|proof| same(proof, name.as_str().as_bytes()))
    }
}

/// The identity header that a name means, or would mean to a server that takes `_` for `-`.
fn identity_name(name: &[u8]) -> Option<&'static str> {
    identity::ALL.into_iter().find(|meant| same(meant, name))
}

fn same(meant: &str, name: &[u8]) -> bool {
    meant.len() == name.len() && meant.bytes().zip(name).all(|(a, b)| a.eq_ignore_ascii_case(b) || (a == b'-' && *b == b'_'))
}

fn only_value<'a>(name: &HeaderName, meant: &str, values: &GetAll<'a, HeaderValue>) -> Result<&'a str, SignInError> {
    if name.as_str() != meant {
        return Err(bad(meant, "spelt with an underscore"));
    }
    let mut values = values.iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(bad(meant, "sent more than once")) };
    std::str::from_utf8(value.as_bytes()).map(|value| value.trim_matches([' ', '\t'])).map_err(|_| bad(meant, "not valid UTF-8"))
}

fn bad(name: &str, what: &str) -> SignInError {
    let message = format!("The request header {name} is {what}");
    SignInError::own(ErrorName::Input, ErrorCode::BadHeader, Blame::Client, message)
        .because("an identity header must come once, under its exact name, in UTF-8: see to it that the proxy removes the client's copies")
}

/// Joins as Node does; with bad UTF-8 anywhere the header reads as absent.
fn joined(clean: &mut Headers, name: &HeaderName, values: &GetAll<'_, HeaderValue>) {
    let mut values = values.iter().map(|value| std::str::from_utf8(value.as_bytes()));
    let Some(Ok(first)) = values.next() else { return };
    if FIRST_ONLY.contains(&name.as_str()) {
        return clean.push(name.as_str(), first);
    }
    let Ok(rest) = values.collect::<Result<Vec<_>, _>>() else { return };
    if rest.is_empty() {
        return clean.push(name.as_str(), first);
    }
    clean.push(name.as_str(), &std::iter::once(first).chain(rest).collect::<Vec<_>>().join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&str, &[u8])]) -> HeaderMap {
        let field = |(name, value): &(&str, &[u8])| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value).unwrap());
        let mut map = HeaderMap::new();
        fields.iter().map(field).for_each(|(name, value)| {
            map.append(name, value);
        });
        map
    }

    const NOTHING: Special<'static> = Special { proof: None, tokens: &[] };

    fn clean(headers: &HeaderMap) -> Result<Headers, SignInError> {
        super::clean(headers, NOTHING)
    }

    #[test]
    fn identity_headers_come_once_under_their_name_in_utf8() {
        for (fields, why) in [
            (vec![("x-forwarded-user", &b"alice"[..]), ("x-forwarded-user", b"bob")], "sent more than once"),
            (vec![("x_forwarded_user", b"alice")], "spelt with an underscore"),
            (vec![("x-forwarded-user", b"alice"), ("x-forwarded_user", b"bob")], "spelt with an underscore"),
            (vec![("x-forwarded-groups", b"a"), ("x-forwarded-groups", b"b")], "sent more than once"),
            (vec![("x-forwarded-email", b"j\xfcrgen@example.com")], "not valid UTF-8"),
            (vec![("connection", b"close, X-Forwarded-User")], "named in Connection, which asks for its removal"),
            (vec![("connection", b"close"), ("connection", b"x_forwarded_groups")], "named in Connection, which asks for its removal"),
        ] {
            let error = clean(&headers(&fields)).unwrap_err();
            assert_eq!((error.name, error.code), (ErrorName::Input, Some(ErrorCode::BadHeader)));
            assert!(error.message.ends_with(why), "{}", error.message);
        }
        let clean = clean(&headers(&[("x-forwarded-user", "jürgen".as_bytes())])).unwrap();
        assert_eq!(clean.get("X-Forwarded-User"), Some("jürgen"));
    }

    #[test]
    fn other_headers_join_as_in_node() {
        let clean = clean(&headers(&[
            ("accept", b"a"),
            ("accept", b"b"),
            ("user-agent", b"first"),
            ("user-agent", b"second"),
            ("referer", b"here"),
            ("x-odd", b"\xff"),
        ]))
        .unwrap();
        assert_eq!(clean.get("accept"), Some("a, b"));
        assert_eq!(clean.get("user-agent"), Some("first"));
        assert_eq!(clean.get("Referrer"), Some("here"));
        assert_eq!(clean.get("x-odd"), None);
    }

    #[test]
    fn tokens_and_cookies_are_not_there() {
        let fields: Vec<(&str, &[u8])> = SENSITIVE.iter().map(|name| (*name, &b"secret"[..])).collect();
        let clean = clean(&headers(&fields)).unwrap();
        assert!(SENSITIVE.iter().all(|name| clean.get(name).is_none()));
        let twin = super::clean(&headers(&[("x_forwarded-access_token", b"secret"), ("gap_auth", b"secret"), ("x_y", b"plain")]), NOTHING).unwrap();
        assert_eq!(["x_forwarded-access_token", "gap_auth", "x_y"].map(|name| twin.get(name)), [None, None, Some("plain")]);
    }

    #[test]
    fn a_sensitive_header_comes_once_or_not_at_all() {
        let sensitive = |fields: &[(&str, &[u8])]| sensitive(&headers(fields), NOTHING).0;
        let one = sensitive(&[("authorization", b"Bearer a.b.c"), ("x-forwarded-user", b"alice"), ("set-cookie", b"a=1")]);
        assert_eq!((one.get("Authorization"), one.get("x-forwarded-user"), one.get("set-cookie")), (Some("Bearer a.b.c"), None, None));
        let twice = sensitive(&[("authorization", b"Bearer a.b.c"), ("authorization", b"Bearer d.e.f"), ("cookie", b"a=1"), ("cookie", b"b=2")]);
        assert_eq!((twice.get("authorization"), twice.get("cookie")), (None, Some("a=1; b=2")));
        assert_eq!(sensitive(&[("cookie", b"a=1"), ("cookie", b"b=\xff")]).get("cookie"), None);
        assert_eq!(format!("{:?}", super::sensitive(&headers(&[("cookie", b"a=1")]), NOTHING)), "SensitiveHeaders(…)");
    }

    #[test]
    fn what_proves_the_proxy_is_not_among_the_sensitive_headers() {
        let special = Special { proof: Some("gap-signature"), tokens: &[] };
        let proof = sensitive(&headers(&[("gap-signature", b"proof"), ("gap-auth", b"alice")]), special).0;
        assert_eq!((proof.get("gap-signature"), proof.get("gap-auth")), (None, Some("alice")));
    }

    #[test]
    fn a_configured_token_comes_once_under_its_name_and_is_no_header_to_read() {
        let tokens = [HeaderName::from_static("x-corp-assertion"), HeaderName::from_static("authorization")];
        let special = Special { proof: None, tokens: &tokens };
        let fields = headers(&[("x-corp-assertion", b"a.b.c"), ("authorization", b"Bearer d.e.f"), ("accept", b"x")]);
        let (clean, sensitive) = (super::clean(&fields, special).unwrap(), sensitive(&fields, special).0);
        for name in ["x-corp-assertion", "authorization"] {
            assert!(clean.get(name).is_none() && sensitive.get(name).is_some(), "{name}");
        }
        assert_eq!(clean.get("accept"), Some("x"));
        for (fields, why) in [
            (vec![("x-corp-assertion", &b"a.b.c"[..]), ("x-corp-assertion", b"a.b.c")], "sent more than once"),
            (vec![("authorization", b"Bearer a.b.c"), ("authorization", b"Bearer a.b.c")], "sent more than once"),
            (vec![("x_corp_assertion", b"a.b.c")], "spelt with an underscore"),
            (vec![("x-corp-assertion", b"\xff")], "not valid UTF-8"),
            (vec![("connection", b"X-Corp-Assertion")], "named in Connection, which asks for its removal"),
        ] {
            let error = super::clean(&headers(&fields), special).unwrap_err();
            assert!(error.code == Some(ErrorCode::BadHeader) && error.message.ends_with(why), "{}", error.message);
        }
    }

    #[test]
    fn two_id_tokens_are_none() {
        let token: &[u8] = b"Bearer eyJhbGciOiJub25lIn0.e30.";
        assert_eq!(id_token(&headers(&[(id_token::HEADER, token)])).unwrap().as_deref(), Some("eyJhbGciOiJub25lIn0.e30."));
        assert_eq!(id_token(&headers(&[(id_token::HEADER, token), (id_token::HEADER, token)])).unwrap(), None);
        assert!(id_token(&headers(&[(id_token::HEADER, b"Bearer garbage")])).is_err());
    }
}
