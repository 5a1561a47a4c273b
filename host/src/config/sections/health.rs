//! `backend.health.headers`: further headers of the health answers, for load balancers that want one.

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::field::Field;

/// They follow from the body or the connection, so nobody sets them.
const NOT_CONFIGURABLE: [&str; 8] =
    ["connection", "content-encoding", "content-length", "content-type", "etag", "keep-alive", "transfer-encoding", "vary"];

/// The headers, by their names in lower case.
pub(super) fn headers(field: &Field<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, field) in field.required_entries() {
        let Some(value) = field.string("a text that can stand in a header") else { continue };
        let parsed = (HeaderName::try_from(name.to_ascii_lowercase()), HeaderValue::try_from(value));
        match parsed {
            (Ok(name), _) if NOT_CONFIGURABLE.contains(&name.as_str()) => drop(field.error::<()>("follows from the answer and cannot be set")),
            (Ok(name), Ok(value)) => drop(headers.insert(name, value)),
            (Err(_), _) => drop(field.error::<()>("is no name of a header")),
            (_, Err(_)) => drop(field.expected::<()>("a text that can stand in a header")),
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{faults, loaded};

    #[test]
    fn each_is_a_header() {
        let headers = loaded("backend: { health: { headers: { X-Health: 'fine, thanks', service: auth } } }").backend.health_headers;
        assert_eq!((headers.len(), &headers["x-health"], &headers["service"]), (2, &"fine, thanks".parse().unwrap(), &"auth".parse().unwrap()));
        assert!(loaded("{}").backend.health_headers.is_empty());
    }

    #[test]
    fn what_is_no_header_or_not_ours_to_set_is_refused() {
        insta::assert_snapshot!(faults("backend: { health: { headers: { 'a b': x, c: '', d: 7, e: \"x\\ny\", Content-Type: text/html } } }"), @r"
        app-config.yaml: backend.health.headers.Content-Type: follows from the answer and cannot be set
        app-config.yaml: backend.health.headers.a b: is no name of a header
        app-config.yaml: backend.health.headers.c: expected a text that can stand in a header, got an empty string
        app-config.yaml: backend.health.headers.d: expected a text that can stand in a header, got a number
        app-config.yaml: backend.health.headers.e: expected a text that can stand in a header, got a string
        ");
        insta::assert_snapshot!(faults("backend: { health: { headers: x } }"), @"app-config.yaml: backend.health.headers: expected an object of keys, got a string");
    }
}
