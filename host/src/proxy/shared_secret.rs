//! The header by which a proxy proves itself: there once, and one of the configured secrets byte for byte.
//!
//! Digests are compared, all of them and in constant time, so that an answer's time tells nothing about a secret. A missing header proves nothing: a
//! client can have a proxy drop headers that it has set (`Connection`).

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{Digest, SHA256, digest},
};
use http::{HeaderMap, HeaderName};

use crate::{
    config::SharedSecretConfig,
    domain::error::{Blame, ErrorCode, ErrorName, SignInError},
};

use super::trust::NOT_TRUSTED;

/// What a proxy must send.
#[derive(Debug)]
pub(super) struct SharedSecret {
    header: HeaderName,
    digests: Vec<Digest>,
}

impl SharedSecret {
    pub(super) fn new(config: &SharedSecretConfig) -> Self {
        let digests = config.values.iter().map(|secret| digest(&SHA256, secret.expose().as_bytes())).collect();
        Self { header: config.header.clone(), digests }
    }

    /// The name of the header, in lower case.
    pub(super) fn header(&self) -> &str {
        self.header.as_str()
    }

    /// Whether the request was sent by somebody who knows a secret.
    pub(super) fn check(&self, headers: &HeaderMap) -> Result<(), SignInError> {
        let mut values = headers.get_all(&self.header).iter();
        let Some(value) = values.next() else { return Err(self.refused("is missing: have the proxy set it")) };
        if values.next().is_some() {
            return Err(self.refused("is sent more than once: have the proxy remove the client's copies"));
        }
        let given = digest(&SHA256, value.as_bytes());
        let known = self.digests.iter().fold(false, |known, digest| known | verify_slices_are_equal(digest.as_ref(), given.as_ref()).is_ok());
        if known { Ok(()) } else { Err(self.refused("is none of stagedoor.trust.sharedSecret.values: they must be the same bytes")) }
    }

    fn refused(&self, why: &str) -> SignInError {
        SignInError::own(ErrorName::Authentication, ErrorCode::BadProxySecret, Blame::Client, NOT_TRUSTED).because(format!("{} {why}", self.header))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::config::Secret;

    #[test]
    fn one_of_the_secrets_once_and_byte_for_byte() {
        let values = ["0123456789abcdef", "fedcba9876543210!"].map(Secret::new).into();
        let secret = SharedSecret::new(&SharedSecretConfig { header: HeaderName::from_static("x-secret"), values });
        let check = |sent: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in sent {
                headers.append("x-secret", HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            secret.check(&headers).map_err(|error| (error.code, error.cause.unwrap()))
        };
        assert_eq!(check(&["0123456789abcdef"]), Ok(()));
        assert_eq!(check(&["fedcba9876543210!"]), Ok(()));
        let longer = "0123456789abcdef".repeat(64);
        let wrong: [(&[&str], &str); 9] = [
            (&[], "is missing"),
            (&[""], "is none of"),
            (&["0123456789abcde"], "is none of"),
            (&["0123456789ABCDEF"], "is none of"),
            (&["0123456789abcdef fedcba9876543210!"], "is none of"),
            (&["0123456789abcdef\u{e9}"], "is none of"),
            (&[&longer], "is none of"),
            (&["0123456789abcdef", "0123456789abcdef"], "is sent more than once"),
            (&["0123456789abcdef", "x"], "is sent more than once"),
        ];
        for (sent, why) in wrong {
            let (code, cause) = check(sent).unwrap_err();
            assert_eq!(code, Some(ErrorCode::BadProxySecret));
            assert!(cause.starts_with(&format!("x-secret {why}")) && !cause.contains("0123"), "{cause}");
        }
    }
}
