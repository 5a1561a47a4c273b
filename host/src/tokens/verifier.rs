//! Checks our own tokens, with Backstage's order of recognition and its texts.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Validation, decode};
use serde::Deserialize;

use crate::ports::token_issuer::{TokenRefused, UserToken};

use super::{
    compact::{Header as TokenHeader, compact},
    issuer::{LIMITED_USER_TYPE, LimitedClaims, USER_TYPE},
    keys::TokenKeys,
    service_token::PLUGIN_TYPE,
};

#[derive(Deserialize)]
struct Header {
    typ: Option<String>,
    alg: String,
    kid: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    iat: u64,
    exp: u64,
    uip: Option<String>,
}

/// What a user token says, full or limited, that one of these keys signed and that has not expired.
pub(super) async fn verify(token: &str, now: u64, keys: &TokenKeys) -> Result<UserToken, TokenRefused> {
    let header: Header = first_segment(token).ok_or(TokenRefused::Illegal)?;
    let full = match header.typ.as_deref() {
        Some(USER_TYPE) => true,
        Some(LIMITED_USER_TYPE) => false,
        Some(PLUGIN_TYPE) => return Err(TokenRefused::PluginSubject),
        // Backstage takes a token without a known type for a legacy user token if its audience says so, and then finds it is none.
        _ if audience(token).as_deref() == Some("backstage") => return Err(TokenRefused::Verification),
        _ => return Err(TokenRefused::Illegal),
    };
    // The key decides how its signatures are checked; a header that says otherwise is refused.
    let kid = header.kid.ok_or(TokenRefused::Verification)?;
    let key = keys.find(&kid).await.filter(|key| key.alg == header.alg).ok_or(TokenRefused::Verification)?;
    let mut validation = Validation::new(key.algorithm);
    // Backstage checks neither audience nor issuer; times are compared with the clock of this server, below.
    validation.validate_aud = false;
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["exp", "sub"]);
    let verified = decode::<Claims>(token, &key.decoding, &validation).map_err(|_| TokenRefused::Verification)?;
    let Claims { sub, iat, exp, uip } = verified.claims;
    if iat > exp || exp <= now {
        return Err(TokenRefused::Verification);
    }
    let limited = uip.filter(|_| full).map(|proof| {
        let header = TokenHeader { typ: LIMITED_USER_TYPE, alg: &key.alg, kid: &key.kid };
        compact(&header, &LimitedClaims { sub: &sub, iat, exp }) + "." + &proof
    });
    Ok(UserToken { sub, expires_at: exp, limited })
}

fn first_segment<T: for<'a> Deserialize<'a>>(token: &str) -> Option<T> {
    let segments: Vec<&str> = token.split('.').collect();
    let [header, _, _] = segments[..] else { return None };
    segment(header)
}

fn audience(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Audience {
        aud: String,
    }
    segment::<Audience>(token.split('.').nth(1)?).map(|claims| claims.aud)
}

fn segment<T: for<'a> Deserialize<'a>>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
