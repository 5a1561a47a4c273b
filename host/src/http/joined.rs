//! A request header as Node shows it: several lines of one name as one, joined by a comma.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName};

/// The bytes of the value, or `None` if there is no such line.
pub(super) fn joined<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Cow<'a, [u8]>> {
    let mut lines = headers.get_all(name).iter().map(http::HeaderValue::as_bytes);
    let first = lines.next()?;
    let whole = lines.fold(Cow::Borrowed(first), |whole, line| Cow::Owned([&whole, b", ".as_slice(), line].concat()));
    Some(whole)
}
