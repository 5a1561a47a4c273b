//! The ID token that a proxy may forward in `X-OAUTH2-PROXY-ID-TOKEN`, looked at as Backstage does: decoded, never believed.
//!
//! Without a configured token nothing of it reaches a resolver. It is echoed to the page in `providerInfo`, and one that cannot be decoded ends
//! the sign-in. Source: `oauth2ProxyAuthenticator` and `decodeJwt` of jose 5.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::error::{ErrorName, ShownCause, SignInError};

/// The header.
pub const HEADER: &str = "x-oauth2-proxy-id-token";

/// The token in a header value: what follows `Bearer` and blanks, without any further blank. Anything else counts as no token.
pub fn bearer(value: &str) -> Option<&str> {
    let (scheme, rest) = value.split_at_checked(6)?;
    let token = rest.trim_start_matches(' ');
    let form = scheme.eq_ignore_ascii_case("bearer") && token.len() < rest.len() && !token.is_empty();
    (form && !token.contains(char::is_whitespace)).then_some(token)
}

/// Refuses what jose would refuse to decode, with its texts.
pub fn check(token: &str) -> Result<(), SignInError> {
    let refuse = |message| {
        let error = SignInError::new(ErrorName::Authentication, format!("Authentication failed; caused by JWTInvalid: {message}"));
        Err(SignInError { shown_cause: Some(ShownCause { name: "JWTInvalid", message, code: "ERR_JWT_INVALID" }), ..error })
    };
    let segments: Vec<&str> = token.split('.').collect();
    if segments.len() == 5 {
        return refuse("Only JWTs using Compact JWS serialization can be decoded");
    }
    let [_, payload, _] = segments[..] else { return refuse("Invalid JWT") };
    if payload.is_empty() {
        return refuse("JWTs must contain a payload");
    }
    // Node decodes whatever it is given, so bad base64url shows as bad JSON.
    let bytes = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
    match serde_json::from_slice::<serde_json::Value>(&bytes) {
        Ok(serde_json::Value::Object(_)) => Ok(()),
        Ok(_) => refuse("Invalid JWT Claims Set"),
        Err(_) => refuse("Failed to parse the decoded payload as JSON"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_without_blanks_counts() {
        assert_eq!(bearer("Bearer a.b.c"), Some("a.b.c"));
        assert_eq!(bearer("bearer   a.b.c"), Some("a.b.c"));
        for value in ["", "a.b.c", "Bearer", "Bearer ", "Bearera.b.c", "Bearer a.b.c, Bearer d.e.f", "Basic a.b.c"] {
            assert_eq!(bearer(value), None, "{value:?}");
        }
    }

    #[test]
    fn an_undecodable_token_says_why_in_the_words_of_jose() {
        fn why(token: &str) -> &'static str {
            check(token).unwrap_err().shown_cause.unwrap().message
        }
        assert_eq!(why("garbage"), "Invalid JWT");
        assert_eq!(why("a.b.c.d.e"), "Only JWTs using Compact JWS serialization can be decoded");
        assert_eq!(why("a..c"), "JWTs must contain a payload");
        assert_eq!(why("a.b.c"), "Failed to parse the decoded payload as JSON");
        assert_eq!(why(&format!("a.{}.c", URL_SAFE_NO_PAD.encode("nonsense"))), "Failed to parse the decoded payload as JSON");
        assert_eq!(why(&format!("a.{}.c", URL_SAFE_NO_PAD.encode("[1]"))), "Invalid JWT Claims Set");
        assert!(check(&format!("a.{}.c", URL_SAFE_NO_PAD.encode("{}"))).is_ok());
    }
}
