//! What is one URL and no other, and what is refused.

use proptest::prelude::*;

use super::*;

fn refused(text: &str) -> String {
    OutboundUrl::parse(text).map(|url| url.to_string()).unwrap_err().to_string()
}

#[test]
fn what_means_one_thing_is_read() {
    for (text, place, path) in [
        ("https://Api.Example.com", "https://api.example.com:443", "/"),
        ("https://api.example.com:8443/v1/users?q=../x%2f&at=a@b", "https://api.example.com:8443", "/v1/users"),
        ("http://127.0.0.1:80/a.b/...", "http://127.0.0.1:80", "/a.b/..."),
        ("http://[::ffff:127.0.0.1]:7/x/", "http://[::ffff:7f00:1]:7", "/x/"),
        ("https://bücher.example/%C3%BC%25", "https://xn--bcher-kva.example:443", "/%C3%BC%25"),
    ] {
        let url = OutboundUrl::parse(text).unwrap();
        assert_eq!((url.place().as_str(), url.path()), (place, path));
    }
}

#[test]
fn what_could_mean_two_things_is_refused() {
    for (text, why) in [
        ("ftp://x/", "does not begin with http:// or https://"),
        ("https:/x/", "does not begin with http:// or https://"),
        ("//x/", "does not begin with http:// or https://"),
        ("", "does not begin with http:// or https://"),
        ("https://", "is none: empty host"),
        ("https://x:99999/", "is none: invalid port number"),
        (" https://x/", "holds a blank or a control character"),
        ("https://x/a\tb", "holds a blank or a control character"),
        ("https://x/\r\nhost: y", "holds a blank or a control character"),
        ("https://x\\@y/", "holds a backslash"),
        ("https://user@x/", "names a user"),
        ("https://@x/", "names a user"),
        ("https://a:b@x/", "names a user"),
        ("https://x/#f", "has a fragment, which is never sent"),
        ("https://x#@y/", "has a fragment, which is never sent"),
        ("https://a=b(c)/", "has a host that is no name"),
        ("https://x,y/", "has a host that is no name"),
        ("https://ex%61mple.com/", "has an encoded host"),
        ("http://2130706433/", "spells the address 127.0.0.1 in another way"),
        ("http://0x7f.1/", "spells the address 127.0.0.1 in another way"),
        ("http://0177.0.0.1/", "spells the address 127.0.0.1 in another way"),
        ("http://127.1/", "spells the address 127.0.0.1 in another way"),
        ("http://127.0.0.1./", "spells the address 127.0.0.1 in another way"),
        ("http://１２７.0.0.1/", "spells the address 127.0.0.1 in another way"),
        ("https://x/orgs/../admin", "has a segment of dots in its path"),
        ("https://x/orgs/..", "has a segment of dots in its path"),
        ("https://x/orgs/./a", "has a segment of dots in its path"),
        ("https://x/orgs/%2e%2E/admin", "has a segment of dots in its path"),
        ("https://x/orgs/.%2e", "has a segment of dots in its path"),
        ("https://x/orgs/%252e%252e/admin", "has a segment of dots in its path"),
        ("https://x/orgs/..;a=b/admin", "has a segment of dots in its path"),
        ("https://x/orgs/..%3b/admin", "has a segment of dots in its path"),
        ("https://x/orgs%2fadmin", "has an encoded slash in its path"),
        ("https://x/orgs%5Cadmin", "has an encoded slash in its path"),
        ("https://x/orgs%25252fadmin", "has an encoded slash in its path"),
        ("https://x/orgs%00", "has an encoded control character in its path"),
        ("https://x/orgs/%0d%0a", "has an encoded control character in its path"),
        ("https://x/%2525252541", "has a path that is encoded too many times"),
        ("https://x//admin", "has an empty segment in its path"),
        ("https://x/orgs//admin", "has an empty segment in its path"),
    ] {
        assert_eq!(refused(text), why, "{text}");
    }
    assert_eq!(refused(&format!("https://x/{}", "a".repeat(8192))), "has more than 8192 bytes");
    assert_eq!(refused(&format!("https://{}/", "a".repeat(254))), "has a host that is too long");
}

#[test]
fn a_redirect_is_relative_and_checked_again() {
    let from = OutboundUrl::parse("https://x/orgs/a?b").unwrap();
    let to = |location: &str| from.redirected(location).map(|url| url.to_string()).map_err(|error| error.to_string());
    assert_eq!(to("b#f"), Ok("https://x/orgs/b".into()));
    assert_eq!(to("../admin"), Ok("https://x/admin".into()), "where it leads is what is compared");
    assert_eq!(to("//y/z"), Ok("https://y/z".into()));
    assert_eq!(to("http://0x7f.1/"), Ok("http://127.0.0.1/".into()), "an answer may spell it as it likes: the address is what is compared");
    for (location, why) in [
        ("https://user@y/", "names a user"),
        ("\\\\y/", "holds a backslash"),
        ("/a%2fb", "has an encoded slash in its path"),
        ("file:///etc/passwd", "does not begin with http:// or https://"),
        ("javascript:alert(1)", "does not begin with http:// or https://"),
        ("https://[", "is none: invalid IPv6 address"),
    ] {
        assert_eq!(to(location), Err(why.into()), "{location}");
    }
}

#[test]
fn secrets_travel_encrypted_or_not_at_all() {
    for (text, private) in [
        ("https://x/", true),
        ("http://localhost:1/", true),
        ("http://127.0.0.9/", true),
        ("http://[::1]/", true),
        ("http://x/", false),
        ("http://10.0.0.1/", false),
        ("http://localhost.example/", false),
    ] {
        assert_eq!(OutboundUrl::parse(text).unwrap().is_private(), private, "{text}");
    }
}

/// Pieces of which URLs are made that mean no good.
const PIECES: &str = "(http://|https://|x|127\\.0\\.0\\.1|0x7f|[.]|[.][.]|/|//|%2e|%2F|%25|%5c|;|@|:|#|\\?|\\\\|[a-z]|[0-9]|é|\t|\\[|\\]|::1){0,12}";

proptest! {
    #[test]
    fn what_is_read_is_read_the_same_once_more(text in prop_oneof![PIECES, "https://x/(orgs|[.]|%2e|%2E|%25|/|;|%2f|%5C|a){0,8}", "\\PC*"]) {
        if let Ok(url) = OutboundUrl::parse(&text) {
            prop_assert_eq!(OutboundUrl::parse(&url.to_string()).unwrap(), url.clone());
            // What other readers make of it: decoded as often as they like, no step leads up or aside.
            let mut path = url.path().as_bytes().to_vec();
            for _ in 0..4 {
                prop_assert!(!path.split(|byte| *byte == b'/').any(|segment| matches!(segment, b"." | b"..")), "{}", url);
                prop_assert!(!path.contains(&b'\\') && !path.windows(2).any(|pair| pair == b"//"), "{}", url);
                prop_assert_eq!(path.split(|byte| *byte == b'/').count() - 1, url.path().matches('/').count(), "{}", url);
                path = decoded(&path);
            }
        }
    }

    #[test]
    fn where_a_redirect_leads_means_one_thing_too(location in prop_oneof![PIECES, "\\PC*"]) {
        if let Ok(url) = OutboundUrl::parse("https://x/orgs/a").unwrap().redirected(&location) {
            prop_assert_eq!(OutboundUrl::parse(&url.to_string()).unwrap(), url);
        }
    }
}
