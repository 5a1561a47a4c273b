//! From a query to the path of the catalog's API.
//!
//! Guarantees: no value adds a condition, reaches another path, or asks for another kind. The catalog cuts a filter at `,` and `=` after decoding
//! it and knows no escapes, so a value that holds a `,` cannot be asked for: it is taken as one that nobody has. What is asked may mean more
//! users than the query (the catalog joins the values of a key that stands twice), never fewer; the answer is checked against the query.

use std::{borrow::Cow, fmt::Write};

use crate::{
    catalog::search::is_too_long,
    domain::{entity_ref::EntityRef, fold::fold, query::FilterTerm},
};

/// What every list of users is asked for besides.
const USERS: &str = "kind%3Duser";

/// And every list of groups.
const GROUPS: &str = "kind%3Dgroup";

/// Where entities are asked for by their refs: `POST`, with [`refs`].
pub(super) const BY_REFS: &str = "/entities/by-refs";

/// The path of one user; `None` where its name would lead elsewhere.
///
/// Source: `GET /entities/by-name/{kind}/{namespace}/{name}`, kind as Backstage's client sends it.
pub(super) fn by_name(user: &EntityRef) -> Option<String> {
    let mut path = String::from("/entities/by-name/User");
    for part in [user.namespace(), user.name()] {
        // Every URL library takes these for steps, encoded or not.
        if matches!(part, "." | "..") {
            return None;
        }
        path.push('/');
        push_encoded(&mut path, part);
    }
    Some(path)
}

/// The body that asks for these refs. Each is a text of its own in a list, so none can become two.
///
/// Source: `POST /entities/by-refs`.
pub(super) fn refs(refs: &[EntityRef]) -> String {
    serde_json::json!({ "entityRefs": refs }).to_string()
}

/// The path of a list of users; `None` where nobody can match. Each alternative is a `filter` of its own.
pub(super) fn filter(alternatives: &[Vec<FilterTerm>]) -> Option<String> {
    of_kind(USERS, alternatives)
}

/// The same for groups.
pub(super) fn groups(alternatives: &[Vec<FilterTerm>]) -> Option<String> {
    of_kind(GROUPS, alternatives)
}

fn of_kind(kind: &str, alternatives: &[Vec<FilterTerm>]) -> Option<String> {
    let mut path = Path::default();
    for terms in alternatives {
        let conditions = terms.iter().map(|term| conditions(&term.key, term.values.iter().map(String::as_str)));
        let Some(mut conditions) = conditions.collect::<Option<Vec<_>>>() else { continue };
        if !terms.iter().any(|term| term.key.eq_ignore_ascii_case("kind")) {
            conditions.push(kind.to_owned());
        }
        path.alternative(&conditions);
    }
    path.finish()
}

/// The same for annotations, all of which must be there.
pub(super) fn annotations(annotations: &[(String, String)]) -> Option<String> {
    let mut all = vec![USERS.to_owned()];
    for (key, value) in annotations {
        all.push(conditions(&format!("metadata.annotations.{key}"), std::iter::once(value.as_str()))?);
    }
    let mut path = Path::default();
    path.alternative(&all);
    path.finish()
}

/// A condition for each value that can be asked for; `None` if there is none.
fn conditions<'v>(key: &str, values: impl Iterator<Item = &'v str>) -> Option<String> {
    if key.contains('=') || !can_be_asked(key) {
        return None;
    }
    let mut text = String::new();
    for value in values.filter(|value| can_be_asked(value)) {
        if !text.is_empty() {
            text.push_str("%2C");
        }
        push_encoded(&mut text, key);
        text.push_str("%3D");
        push_encoded(&mut text, value);
    }
    (!text.is_empty()).then_some(text)
}

/// Whether the catalog would read this text as it is, and could hold it: no separator, nothing that it would trim, not too long for its table.
fn can_be_asked(text: &str) -> bool {
    let trimmed = |c: char| c.is_whitespace() || c == '\u{FEFF}';
    !text.contains(',') && !text.starts_with(trimmed) && !text.ends_with(trimmed) && !is_too_long(&fold(Cow::Borrowed(text)))
}

/// `/entities` with its filters.
#[derive(Default)]
struct Path(String);

impl Path {
    fn alternative(&mut self, conditions: &[String]) {
        self.0.push_str(if self.0.is_empty() { "/entities?filter=" } else { "&filter=" });
        self.0.push_str(&conditions.join("%2C"));
    }

    fn finish(self) -> Option<String> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

/// Simple expansion (RFC 6570, 3.2.2): all but unreserved letters percent-encoded as UTF-8.
fn push_encoded(path: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> Option<String> {
        by_name(&EntityRef::new("user", "default", name).unwrap())
    }

    fn term(key: &str, values: &[&str]) -> FilterTerm {
        FilterTerm { key: key.into(), values: values.iter().map(|value| (*value).to_owned()).collect() }
    }

    fn email(value: &str) -> Option<String> {
        filter(&[vec![term("spec.profile.email", &[value])]])
    }

    #[test]
    fn a_name_is_one_step_of_the_path_whatever_it_holds() {
        assert_eq!(path("Carol.Upper").unwrap(), "/entities/by-name/User/default/carol.upper");
        assert_eq!(path("a+b@c d?e#f%2e&g").unwrap(), "/entities/by-name/User/default/a%2Bb%40c%20d%3Fe%23f%252e%26g");
        assert_eq!(path("jürgen~\\").unwrap(), "/entities/by-name/User/default/j%C3%BCrgen~%5C");
        assert_eq!(path("%2e%2e").unwrap(), "/entities/by-name/User/default/%252e%252e");
        assert_eq!((path("."), path("..")), (None, None));
        assert_eq!(by_name(&EntityRef::new("user", "..", "x").unwrap()), None);
    }

    #[test]
    fn users_are_asked_for_where_backstage_asks_for_them() {
        assert_eq!(email("a=b@c").unwrap(), "/entities?filter=spec.profile.email%3Da%3Db%40c%2Ckind%3Duser");
        assert_eq!(
            annotations(&[("example.com/login".into(), "al".into()), ("b".into(), "x y".into())]).unwrap(),
            "/entities?filter=kind%3Duser%2Cmetadata.annotations.example.com%2Flogin%3Dal%2Cmetadata.annotations.b%3Dx%20y"
        );
        let alternatives = [vec![term("Kind", &["User"]), term("a", &["1", "2"])], vec![term("b", &["3"])]];
        assert_eq!(filter(&alternatives).unwrap(), "/entities?filter=Kind%3DUser%2Ca%3D1%2Ca%3D2&filter=b%3D3%2Ckind%3Duser");
    }

    #[test]
    fn what_the_catalog_would_read_otherwise_is_nobodys() {
        for value in ["x,spec.profile.email=alice@example.com", ",", " a@b", "a@b\t", "\u{a0}a@b", "a@b\u{feff}", &"x".repeat(201)] {
            assert_eq!(email(value), None, "{value:?}");
        }
        for key in ["a=b", "a,b", " a", &"k".repeat(201)] {
            assert_eq!(filter(&[vec![term(key, &["x"])]]), None, "{key:?}");
            assert_eq!(annotations(&[(format!("{key} "), "x".into())]), None, "{key:?}");
        }
        assert_eq!(annotations(&[("a".into(), "x".into()), ("b".into(), "y,z".into())]), None, "one of them is enough");
        assert_eq!(filter(&[vec![term("a", &["x,y", "z"])], vec![term("b", &["x,y"])]]).unwrap(), "/entities?filter=a%3Dz%2Ckind%3Duser");
    }
}
