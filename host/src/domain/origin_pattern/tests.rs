//! Patterns and origins, compared with minimatch.

use super::*;

fn matches(pattern: &str, origin: &str) -> bool {
    OriginPattern::new(pattern).unwrap().matches(origin.as_bytes())
}

/// Each line was checked with minimatch 10.2.6 and Backstage's options.
#[test]
fn what_matches_is_what_minimatch_matches() {
    for (pattern, origin, expected) in [
        ("http://localhost:3000", "http://localhost:3000", true),
        ("http://localhost:3000", "HTTP://LocalHost:3000", true),
        ("http://localhost:3000", "http://localhost:3000/", true),
        ("http://localhost:3000", "http:/localhost:3000", true),
        ("http://localhost:3000", "http://localhost:30000", false),
        ("http://localhost:3000", "", false),
        ("https://*.example.org", "https://app.example.org", true),
        ("https://*.example.org", "https://a.b.example.org", true),
        ("https://*.example.org", "https://.example.org", false),
        ("https://*.example.org", "https://example.org", false),
        ("https://*.example.org", "https://evil/x.example.org", false),
        ("https://*.example.org", "https://app.example.org.evil", false),
        ("https://app.example.org", "https://appxexample.org", false),
        ("https://**.example.org", "https://app.example.org", true),
        ("http://localhost:*", "http://localhost:", true),
        ("http://localhost:*", "http://localhost:1234", true),
        ("*", "null", true),
        ("*", "http://x", false),
        ("*", "", false),
        ("**", "http://x", false),
        ("*://*", "http://x", true),
        ("*://*", "http://.x", false),
        ("http://?", "http://.", false),
        ("http://a?c", "http://a.c", true),
        ("https://{a,b}.org", "https://b.org", true),
        ("https://{a,b}.org", "https://c.org", false),
        ("http{,s}://x", "https://x", true),
        ("http{,s}://{x,y{1,2}}", "http://y2", true),
        ("http://[a-c]x", "http://Bx", true),
        ("http://[!a-c]x", "http://bx", false),
        ("http://[!a-c]x", "http://dx", true),
        ("!http://x", "http://x", false),
        ("!http://x", "http://y", true),
        ("!http://x", "", true),
        ("!!http://x", "http://x", true),
    ] {
        assert_eq!(matches(pattern, origin), expected, "{pattern} {origin}");
    }
}

#[test]
fn what_is_not_translated_is_refused() {
    use OriginPatternError::{Braces, Class, Escape, Extended, Nothing, TooMany};
    for (pattern, error) in [
        ("https://+(a|b).org", Extended),
        ("!(x)", Extended),
        (r"https://a\.org", Escape),
        ("https://${HOST}", Escape),
        ("https://x{1..3}.org", Braces),
        ("https://{a}.org", Braces),
        ("https://{a,b.org", Braces),
        ("https://a}.org", Braces),
        ("https://[[:alpha:]].org", Class),
        ("https://[a.org", Class),
        ("https://a].org", Class),
        ("https://[z-a].org", Class),
        ("https://[].org", Class),
        ("#x", Nothing),
        ("!", Nothing),
        ("https://../x", Nothing),
        ("https://é.org", Nothing),
        ("x{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", TooMany),
    ] {
        assert_eq!(OriginPattern::new(pattern).unwrap_err(), error, "{pattern}");
    }
}
