//! A token in its compact form (RFC 7515, 7.1), taken apart and not believed yet.
//!
//! Of its header only `alg`, `kid`, `crit` and `typ` are looked at: keys and places of keys that it brings along (`jwk`, `jku`, `x5u`, `x5c`) are not.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use serde_json::Value;

use crate::domain::token_claims::{MAX_BYTES, TokenObject};

use super::fault::Fault;

/// A token in three parts.
pub(super) struct Compact<'a> {
    header: TokenObject,
    claims: Vec<u8>,
    /// What was signed.
    pub(super) signed: &'a str,
    /// The signature in base64url.
    pub(super) signature: &'a str,
}

impl<'a> Compact<'a> {
    /// Takes a token apart. Its header has been read strictly afterwards, its claims have not.
    pub(super) fn read(token: &'a str) -> Result<Self, Fault> {
        let (signed, signature) = token.rsplit_once('.').filter(|_| token.len() <= MAX_BYTES).ok_or(Fault::Form)?;
        let (header, claims) = signed.split_once('.').filter(|(_, claims)| !claims.contains('.')).ok_or(Fault::Form)?;
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.decode(part).map_err(|_| Fault::Form));
        let header = TokenObject::parse(&utf8(header?)?).map_err(Fault::Header)?;
        Ok(Self { header, claims: claims?, signed, signature })
    }

    /// The name of its algorithm.
    pub(super) fn algorithm(&self) -> Option<&str> {
        self.header.get("alg")?.as_str()
    }

    /// The name of the key that it says signed it.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }

    /// Whether it demands that something be understood beyond RFC 7515.
    pub(super) fn is_critical(&self) -> bool {
        self.header.get("crit").is_some()
    }

    /// Whether it says that it is of this kind, such as `at+jwt` (RFC 7515, 4.1.9: in any case, and `application/` may be left out).
    pub(super) fn is_of_kind(&self, kind: &str) -> bool {
        const PREFIX: &str = "application/";
        let Some(said) = self.header.get("typ").and_then(Value::as_str) else { return false };
        let bare = said.split_at_checked(PREFIX.len()).filter(|(prefix, _)| prefix.eq_ignore_ascii_case(PREFIX)).map_or(said, |(_, bare)| bare);
        bare.eq_ignore_ascii_case(kind)
    }

    /// What it says, whoever wrote it.
    pub(super) fn claims(self) -> Result<TokenObject, Fault> {
        TokenObject::parse(&utf8(self.claims)?).map_err(Fault::Claims)
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(bytes).map_err(|_| Fault::Form)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode("{}"))
    }

    #[test]
    fn three_parts_of_base64url_and_nothing_else() {
        assert!(Compact::read(&token(r#"{"alg":"RS256"}"#)).is_ok());
        let padded = token(r#"{"alg":"RS256"}"#).replacen('.', "=.", 1);
        for text in ["", ".", "..", "a.b", "a.b.c.d.e", "e30.e30", "e31.e30.x", "e30.e_/.x", "/w.e30.x", &padded] {
            assert!(Compact::read(text).is_err(), "{text}");
        }
        assert!(matches!(Compact::read(&format!("e30.{}.x", "a".repeat(MAX_BYTES))), Err(Fault::Form)));
    }

    #[test]
    fn the_header_means_one_thing_only() {
        let read = |header: &str| {
            let token = token(header);
            Compact::read(&token).map(|token| (token.algorithm().map(str::to_owned), token.key_id().map(str::to_owned)))
        };
        assert_eq!(read(r#"{"alg":"RS256","kid":"a"}"#), Ok((Some("RS256".into()), Some("a".into()))));
        assert_eq!(read(r#"{"alg":["RS256"],"kid":7}"#), Ok((None, None)));
        for header in [r#"{"kid":"a","kid":"b"}"#, r#"{"alg":"RS256","\u0061lg":"none"}"#, "[]", "null", "{}{}"] {
            assert!(matches!(read(header), Err(Fault::Header(_))), "{header}");
        }
    }
}
