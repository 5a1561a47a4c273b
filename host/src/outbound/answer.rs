//! What a component gets of an answer: as much as it may, and nothing of the credential that was sent, should the answer repeat it.

use http::{HeaderMap, header};
use memchr::memmem::Finder;
use reqwest::Response;

use crate::ports::http_client::OutboundAnswer;

use super::{FIRST_BUFFER, HttpError};

const MASK: &[u8] = b"***";

/// Shorter tokens of a request say little, and would be found in ordinary words.
const LEAST_SECRET: usize = 8;

/// Why an answer is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum AnswerError {
    /// There is more of it than there is room.
    #[error("the answer is larger than the {0} bytes that are left of stagedoor.limits.hostCallBytes")]
    TooLarge(usize),
    /// It broke off.
    #[error(transparent)]
    Broken(HttpError),
    /// No answer has such a status.
    #[error("the status is {0}")]
    Status(u16),
}

/// Reads an answer to its end. Its headers and its body together have at most so many bytes.
pub(super) async fn read(mut response: Response, max_bytes: usize, secret: Option<&str>) -> Result<OutboundAnswer, AnswerError> {
    let status = response.status().as_u16();
    if !(200..=599).contains(&status) {
        return Err(AnswerError::Status(status));
    }
    let too_large = AnswerError::TooLarge(max_bytes);
    let headers = shown(response.headers(), secret);
    let used: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    let Some(left) = max_bytes.checked_sub(used) else { return Err(too_large) };
    let announced = response.content_length().map_or(0, |length| usize::try_from(length).unwrap_or(usize::MAX));
    if announced > left {
        return Err(too_large);
    }
    let mut body = Vec::with_capacity(announced.min(FIRST_BUFFER));
    while let Some(chunk) = response.chunk().await.map_err(|error| AnswerError::Broken(HttpError::body(error)))? {
        if body.len() + chunk.len() > left {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(OutboundAnswer { status, headers, body: masked(body, secret) })
}

/// Names are in lower case already. Cookies are between a server and a browser.
fn shown(headers: &HeaderMap, secret: Option<&str>) -> Vec<(String, String)> {
    let readable = headers.iter().filter(|(name, _)| **name != header::SET_COOKIE && name.as_str() != "set-cookie2");
    let text = |value: &[u8]| String::from_utf8_lossy(&masked(value.to_vec(), secret)).into_owned();
    readable.map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}

/// The bytes without the secret, where it stands as it is. Takes time that grows with the bytes alone: a server chooses them.
fn masked(bytes: Vec<u8>, secret: Option<&str>) -> Vec<u8> {
    let Some(secret) = secret.map(str::as_bytes).filter(|secret| secret.len() >= LEAST_SECRET) else { return bytes };
    let finder = Finder::new(secret);
    let (mut masked, mut at) = (Vec::new(), 0);
    for found in finder.find_iter(&bytes) {
        masked.extend_from_slice(&bytes[at..found]);
        masked.extend_from_slice(MASK);
        at = found + secret.len();
    }
    if at == 0 {
        return bytes;
    }
    masked.extend_from_slice(&bytes[at..]);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_comes_back_is_masked() {
        for (text, shown) in [
            ("", ""),
            ("nothing", "nothing"),
            ("hunter22", "***"),
            ("<hunter22> and hunter22hunter22!", "<***> and ******!"),
            ("hunterhunter22", "hunter***"),
            ("hunter2", "hunter2"),
            ("hunter22 at both ends: hunter22", "*** at both ends: ***"),
        ] {
            assert_eq!(String::from_utf8(masked(text.into(), Some("hunter22"))).unwrap(), shown);
            assert_eq!(masked(text.into(), Some("hunter2")), text.as_bytes(), "too short");
            assert_eq!(masked(text.into(), None), text.as_bytes());
            assert_eq!(masked(text.into(), Some("")), text.as_bytes());
        }
    }
}
