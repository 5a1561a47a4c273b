//! `backend.csp` and `backend.referrer`: the two of helmet's headers that Backstage lets one configure, with helmet's checks.
//!
//! Directives that are added stand behind the defaults in the order of their names, since a configuration here has no other; they mean the same in
//! any order.

use http::HeaderValue;

use crate::config::field::Field;

const DEFAULT_DIRECTIVES: [(&str, &str); 10] = [
    ("default-src", "'self'"),
    ("base-uri", "'self'"),
    ("font-src", "'self' https: data:"),
    ("frame-ancestors", "'self'"),
    ("img-src", "'self' data:"),
    ("object-src", "'none'"),
    ("script-src", "'self' 'unsafe-eval'"),
    ("script-src-attr", "'none'"),
    ("style-src", "'self' https: 'unsafe-inline'"),
    ("upgrade-insecure-requests", ""),
];

const REFERRER_POLICIES: [&str; 8] = [
    "no-referrer",
    "no-referrer-when-downgrade",
    "same-origin",
    "origin",
    "strict-origin",
    "origin-when-cross-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
];

const SOURCES: &str = "false, or a list of sources";

/// `Content-Security-Policy` with what `backend.csp` changes: `false` removes a directive, a list replaces or adds it.
pub(super) fn content_security_policy(csp: &Field<'_>) -> HeaderValue {
    let mut directives: Vec<(String, String)> = DEFAULT_DIRECTIVES.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let mut configured = Vec::new();
    for (key, field) in csp.required_entries() {
        let Some(name) = kebab_case(key) else {
            field.error::<()>("is no name of a directive: write it as default-src or defaultSrc");
            continue;
        };
        let Some(sources) = sources(&field, &name) else { continue };
        if configured.contains(&name) {
            field.error::<()>(format!("{name} is set twice"));
        }
        match (directives.iter().position(|(known, _)| *known == name), sources) {
            (Some(at), Sources::Removed) => drop(directives.remove(at)),
            (None, Sources::Removed) => {}
            (Some(at), Sources::Listed(value)) => directives[at].1 = value,
            (None, Sources::Listed(value)) => directives.push((name.clone(), value)),
        }
        configured.push(name);
    }
    let text: Vec<_> = directives.iter().map(|(name, value)| format!("{name} {value}").trim_end().to_owned()).collect();
    // What was faulty above never reaches a running server.
    HeaderValue::try_from(text.join(";")).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

enum Sources {
    Removed,
    Listed(String),
}

fn sources(field: &Field<'_>, name: &str) -> Option<Sources> {
    if field.is_false() {
        return if name == "default-src" { field.error("default-src cannot be removed") } else { Some(Sources::Removed) };
    }
    let items = field.items_of(SOURCES)?;
    let sources: Vec<_> = items.iter().filter_map(|item| item.string("a source such as 'self'").map(|source| (item, source))).collect();
    let sound = |source: &str| source.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b';' | b','));
    for (item, _) in sources.iter().filter(|(_, source)| !sound(source)) {
        item.error::<()>("expected a source in plain ASCII, without blanks, semicolons and commas");
    }
    Some(Sources::Listed(sources.iter().map(|(_, source)| *source).collect::<Vec<_>>().join(" ")))
}

/// `connectSrc`, `connect_src` and `Connect-Src` are `connect-src`. Directives are made of letters alone.
fn kebab_case(key: &str) -> Option<String> {
    let mut name = String::new();
    let letters: Vec<char> = key.chars().collect();
    for (at, &c) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let after = letters.get(at + 1);
        let begins = c.is_ascii_uppercase()
            && (before.is_some_and(|c| c.is_ascii_lowercase())
                || before.is_some_and(|c| c.is_ascii_uppercase()) && after.is_some_and(char::is_ascii_lowercase));
        match c {
            '-' | '_' | ' ' => name.push('-'),
            c if c.is_ascii_alphabetic() => {
                name.push_str(if begins { "-" } else { "" });
                name.push(c.to_ascii_lowercase());
            }
            _ => return None,
        }
    }
    let words: Vec<_> = name.split('-').filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join("-"))
}

/// `Referrer-Policy`, with `backend.referrer.policy` in its place.
pub(super) fn referrer_policy(referrer: &Field<'_>) -> HeaderValue {
    let field = referrer.key("policy");
    let items = field.items().unwrap_or_default();
    let mut policies: Vec<&'static str> = Vec::new();
    for item in &items {
        let Some(text) = item.string("a referrer policy") else { continue };
        match REFERRER_POLICIES.into_iter().find(|known| *known == text) {
            Some(policy) if policies.contains(&policy) => drop(item.error::<()>("stands there twice")),
            Some(policy) => policies.push(policy),
            None => drop(item.expected_shown::<()>(&format!("one of {}", REFERRER_POLICIES.join(", ")))),
        }
    }
    if field.is_set() && field.items().is_some_and(|items| items.is_empty()) {
        field.error::<()>("an empty list is no policy; leave the key out for no-referrer");
    }
    HeaderValue::try_from(policies.join(",")).ok().filter(|value| !value.is_empty()).unwrap_or(HeaderValue::from_static("no-referrer"))
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{faults, loaded};

    fn csp(text: &str) -> String {
        loaded(&format!("backend: {{ csp: {text} }}")).backend.content_security_policy.to_str().unwrap().to_owned()
    }

    #[test]
    fn directives_are_replaced_added_and_removed() {
        let default = csp("{}");
        assert!(default.starts_with("default-src 'self';base-uri 'self';") && default.ends_with(";upgrade-insecure-requests"));
        let changed = csp(
            "{ upgrade-insecure-requests: false, imgSrc: ['*', 'data:'], connect-src: [\"'self'\", 'https:'], formAction: [], report-to: false }",
        );
        assert!(changed.contains(";img-src * data:;object-src"), "{changed}");
        assert!(changed.ends_with("'unsafe-inline';connect-src 'self' https:;form-action"), "{changed}");
    }

    #[test]
    fn names_are_written_in_any_case() {
        for name in ["connect-src", "connectSrc", "ConnectSrc", "connect_src", "CONNECT_SRC", "Connect Src"] {
            assert!(csp(&format!("{{ '{name}': [x] }}")).ends_with(";connect-src x"), "{name}");
        }
    }

    #[test]
    fn what_helmet_refuses_is_refused() {
        let text = "backend: { csp: { default-src: false, imgSrc: 'x', img-src: ['a;b', ''], fontSrc: true, 'x:y': [] , connectSrc: [a], connect-src: [b] }, \
                    referrer: { policy: [origin, origin, nowhere, 7] } }";
        insta::assert_snapshot!(faults(text), @r#"
        app-config.yaml: backend.csp.connectSrc: connect-src is set twice
        app-config.yaml: backend.csp.default-src: default-src cannot be removed
        app-config.yaml: backend.csp.fontSrc: expected false, or a list of sources, got a boolean
        app-config.yaml: backend.csp.img-src[1]: expected a source such as 'self', got an empty string
        app-config.yaml: backend.csp.img-src[0]: expected a source in plain ASCII, without blanks, semicolons and commas
        app-config.yaml: backend.csp.imgSrc: expected false, or a list of sources, got a string
        app-config.yaml: backend.csp.x:y: is no name of a directive: write it as default-src or defaultSrc
        app-config.yaml: backend.referrer.policy[1]: stands there twice
        app-config.yaml: backend.referrer.policy[2]: expected one of no-referrer, no-referrer-when-downgrade, same-origin, origin, strict-origin, origin-when-cross-origin, strict-origin-when-cross-origin, unsafe-url, got "nowhere"
        app-config.yaml: backend.referrer.policy[3]: expected a referrer policy, got a number
        "#);
        insta::assert_snapshot!(faults("backend: { csp: [x], referrer: { policy: [] } }"), @r"
        app-config.yaml: backend.csp: expected an object of keys, got a list
        app-config.yaml: backend.referrer.policy: an empty list is no policy; leave the key out for no-referrer
        ");
        insta::assert_snapshot!(faults("backend: { csp: { img-src: [\"a\\nb\"] }, referrer: x }"), @r"
        app-config.yaml: backend.csp.img-src[0]: expected a source in plain ASCII, without blanks, semicolons and commas
        app-config.yaml: backend.referrer: expected an object of keys, got a string
        ");
    }

    #[test]
    fn policies_are_joined() {
        let policy = |text: &str| loaded(&format!("backend: {{ referrer: {text} }}")).backend.referrer_policy;
        assert_eq!(policy("{}"), "no-referrer");
        assert_eq!(policy("{ policy: [no-referrer, strict-origin-when-cross-origin] }"), "no-referrer,strict-origin-when-cross-origin");
    }
}
