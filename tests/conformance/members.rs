//! The names of a JSON text's members in the order in which they stand there, which a parsed `Value` forgets.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, Error, MapAccess, SeqAccess, Visitor},
};

/// `a,b(c,d)` for `{"a":1,"b":{"c":2,"d":[]}}`; empty for what is no JSON or holds no object. Items of a list stand beside each other.
pub(crate) fn members(text: &str) -> String {
    serde_json::from_str(text).map_or_else(|_| String::new(), |Members(names)| names.join(","))
}

/// One entry for each member of an object, or of the objects in a list.
struct Members(Vec<String>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Names)
    }
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Members;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut names = Vec::new();
        while let Some((name, Members(inner))) = map.next_entry::<String, _>()? {
            names.push(if inner.is_empty() { name } else { format!("{name}({})", inner.join(",")) });
        }
        Ok(Members(names))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Members, A::Error> {
        let mut names = Vec::new();
        while let Some(Members(inner)) = items.next_element()? {
            names.extend(inner);
        }
        Ok(Members(names))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Members, E> {
        self.visit_unit()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Members, E> {
        self.visit_unit()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Members, E> {
        self.visit_unit()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Members, E> {
        self.visit_unit()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Members, E> {
        self.visit_unit()
    }

    fn visit_unit<E: Error>(self) -> Result<Members, E> {
        Ok(Members(Vec::new()))
    }
}

#[test]
fn members_stand_in_their_order() {
    let text = r#"{"b":{"d":null,"c":true},"a":[{"z":-1},{"y":"x","x":1.5},2]}"#;
    assert_eq!(members(text), "b(d,c),a(z,y,x)");
    assert_ne!(members(r#"{"a":1,"b":2}"#), members(r#"{"b":2,"a":1}"#));
    assert_eq!(members("{"), "");
}
