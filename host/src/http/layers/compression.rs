//! Compression of what is long enough, in the encoding that the client likes best.
//!
//! Which one that is, and from which size on, are the rules of express's `compression` and `negotiator` in Backstage: brotli before gzip before deflate
//! among equals, `*` for any, 1 kB. The encoders are tower-http's, at the levels that Backstage uses.

use std::{cmp::Reverse, future::ready};

use axum::{body::Body, extract::Request, response::Response};
use http::{
    HeaderMap, HeaderValue, Method,
    header::{ACCEPT_ENCODING, CONTENT_LENGTH},
};
use tower::{ServiceExt, service_fn};
use tower_http::{CompressionLevel, compression::Compression, compression::predicate::SizeAbove};

use crate::http::joined::joined;

/// Bytes of a body from which on it is compressed.
const THRESHOLD: u64 = 1024;

/// An encoding of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Deflate,
}

/// What the client would rather have than plain bytes.
pub(super) fn accepted(request: &Request) -> Option<Encoding> {
    if request.method() == Method::HEAD { None } else { preferred(request.headers()) }
}

/// The answer, compressed if that is worth it.
pub(super) async fn compressed(response: Response, encoding: Encoding) -> Response {
    let length = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_none_or(|length| length < THRESHOLD) {
        return response;
    }
    let (name, level) = match encoding {
        Encoding::Brotli => ("br", 4),
        Encoding::Gzip => ("gzip", 6),
        Encoding::Deflate => ("deflate", 6),
    };
    let mut asked = http::Request::new(());
    asked.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static(name));
    let mut plain = Some(response);
    let service = service_fn(move |_: http::Request<()>| ready(plain.take().ok_or(())));
    let compression = Compression::new(service).quality(CompressionLevel::Precise(level)).compress_when(SizeAbove::new(0));
    // The service has its one answer, so it cannot fail.
    compression.oneshot(asked).await.map(|response| response.map(Body::new)).unwrap_or_default()
}

/// The codings that are offered, plain bytes last; the number is the rank among those of one quality.
const OFFERED: [(&str, u8, Option<Encoding>); 4] =
    [("br", 2, Some(Encoding::Brotli)), ("gzip", 1, Some(Encoding::Gzip)), ("deflate", 0, Some(Encoding::Deflate)), ("identity", 0, None)];

/// How well an offer suits the client.
#[derive(Clone, Copy)]
struct Suits {
    quality: f64,
    /// It was named, not meant by `*`.
    named: bool,
    /// Where in the header.
    place: usize,
}

/// The offer of the highest quality. Among equals the rank counts, then what was named, then what stands first.
fn preferred(headers: &HeaderMap) -> Option<Encoding> {
    let header = joined(headers, &ACCEPT_ENCODING)?;
    let items = std::str::from_utf8(&header).ok()?.split(',').enumerate();
    let items = items.filter_map(|(place, item)| parsed(item).map(|(coding, quality)| (coding, quality, place)));
    let mut best = None;
    for (coding, rank, encoding) in OFFERED {
        let Some(Suits { quality, named, place }) = suits(coding, items.clone()).filter(|suits| suits.quality > 0.0) else { continue };
        let merit = (quality, rank, named, Reverse(place));
        if best.is_none_or(|(best, _)| merit > best) {
            best = Some((merit, encoding));
        }
    }
    best.and_then(|(_, encoding)| encoding)
}

/// What the header says about a coding. Where it does not speak of plain bytes, they are its last choice.
fn suits<'a>(coding: &str, items: impl Iterator<Item = (&'a str, f64, usize)>) -> Option<Suits> {
    let (mut found, mut lowest, mut count): (Option<Suits>, f64, usize) = (None, 1.0, 0);
    for (name, quality, place) in items {
        count = place + 1;
        lowest = lowest.min(if quality > 0.0 { quality } else { 1.0 });
        let named = name.eq_ignore_ascii_case(coding);
        if !named && name != "*" {
            continue;
        }
        let outdone = |found: &Suits| named && !found.named || named == found.named && quality >= found.quality;
        if found.as_ref().is_none_or(outdone) {
            found = Some(Suits { quality, named, place });
        }
    }
    // Without a header nothing is compressed.
    let implied = (coding == "identity" && count > 0).then_some(Suits { quality: lowest, named: true, place: count });
    found.or(implied)
}

/// `gzip;q=0.5`.
fn parsed(item: &str) -> Option<(&str, f64)> {
    let (coding, parameters) = item.split_once(';').unwrap_or((item, ""));
    let coding = coding.trim();
    let mut parameters = parameters.split(';').filter_map(|parameter| parameter.trim().split_once('='));
    let quality = parameters.find_map(|(name, value)| (name == "q").then_some(value));
    let well_formed = !coding.is_empty() && !coding.contains(char::is_whitespace);
    well_formed.then(|| (coding, quality.map_or(1.0, |quality| quality.trim().parse().unwrap_or(0.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line was checked with negotiator 0.6.4, asked as Backstage's compression asks it.
    #[test]
    fn what_is_chosen_is_what_negotiator_chooses() {
        use Encoding::{Brotli, Deflate, Gzip};
        for (header, chosen) in [
            ("br", Some(Brotli)),
            ("gzip", Some(Gzip)),
            ("deflate", Some(Deflate)),
            ("*", Some(Brotli)),
            ("gzip, deflate, br, zstd", Some(Brotli)),
            ("deflate, gzip", Some(Gzip)),
            ("gzip;q=1, br;q=0.5", Some(Gzip)),
            ("br;q=0, *", Some(Gzip)),
            ("br;q=0, gzip;q=0, *", Some(Deflate)),
            ("*;q=0", None),
            ("identity", None),
            ("identity, deflate", None),
            ("deflate, identity", Some(Deflate)),
            ("identity, gzip", Some(Gzip)),
            ("identity;q=1, gzip;q=0.5", None),
            ("gzip;q=0.5", Some(Gzip)),
            ("deflate;q=0.5", Some(Deflate)),
            ("gzip;q=0", None),
            ("GZIP", Some(Gzip)),
            ("gzip;x=1;q=0", None),
            ("gzip; q=x", None),
            ("x-gzip", None),
            ("gzip foo", None),
            ("gzip;q=0.1, gzip;q=1, br;q=0.5", Some(Gzip)),
            ("*;q=0.5, deflate", Some(Deflate)),
            (",", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, header.parse().unwrap())]);
            assert_eq!(preferred(&headers), chosen, "{header}");
        }
        assert_eq!(preferred(&HeaderMap::new()), None);
    }
}
