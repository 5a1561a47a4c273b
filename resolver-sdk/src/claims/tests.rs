//! Claims are there, absent, or not what was expected.

use proptest::prelude::*;

use super::*;
use crate::ErrorName;

const CLAIMS: &str = r#"{
    "sub": "u-1", "empty": "", "nothing": null, "age": 7, "verified": true, "said": "true",
    "realm_access": { "roles": ["a", "b"], "none": [], "mixed": ["a", 7], "deep": { "er": { "still": "x" } } },
    "https://corp.example/groups": ["g"],
    "https://corp.example/app": { "v1.role": "admin" },
    "twice.here": "one", "twice": { "here": "two" },
    "once.here": null, "once": { "here": "two" },
    "": { "": "blank" },
    "Sub": "u-2"
}"#;

fn claims() -> Claims {
    Claims::from_json(CLAIMS).unwrap()
}

#[test]
fn a_text_is_found_by_its_path() {
    for (path, text) in [
        ("sub", Some("u-1")),
        ("Sub", Some("u-2")),
        ("SUB", None),
        ("empty", Some("")),
        ("nothing", None),
        ("realm_access.deep.er.still", Some("x")),
        ("https://corp.example/app.v1.role", Some("admin")),
        ("once.here", Some("two")),
        (".", Some("blank")),
        ("realm_access.", None),
        ("realm_access..roles", None),
        (".sub", None),
        ("sub.", None),
        ("sub.x", None),
        ("su", None),
        ("realm_access.roles.0", None),
    ] {
        assert_eq!(claims().text(path), Ok(text), "{path}");
    }
}

#[test]
fn the_types_are_told_apart() {
    let claims = claims();
    assert_eq!(claims.texts("realm_access.roles"), Ok(Some(vec!["a", "b"])));
    assert_eq!(claims.texts("realm_access.none"), Ok(Some(vec![])));
    assert_eq!(claims.texts("https://corp.example/groups"), Ok(Some(vec!["g"])));
    assert_eq!(claims.texts("nothing"), Ok(None));
    assert_eq!((claims.flag("verified"), claims.flag("nothing")), (Ok(Some(true)), Ok(None)));
    for (what, answer) in [
        (" is not a text", claims.text("").map(drop)),
        ("age is not a text", claims.text("age").map(drop)),
        ("realm_access is not a text", claims.text("realm_access").map(drop)),
        ("sub is not a list of texts", claims.texts("sub").map(drop)),
        ("realm_access.mixed is not a list of texts", claims.texts("realm_access.mixed").map(drop)),
        ("said is not true or false", claims.flag("said").map(drop)),
        ("age is not true or false", claims.flag("age").map(drop)),
        ("twice.here is there more than once", claims.text("twice.here").map(drop)),
    ] {
        let error = answer.unwrap_err();
        assert_eq!((error.name(), error.cause()), (ErrorName::Other, Some(&*format!("the claim {what}"))));
    }
}

#[test]
fn a_claim_that_is_missing_never_becomes_a_name() {
    let claims = claims();
    for path in ["empty", "nothing", "no-such-claim"] {
        assert_eq!(claims.required_text(path, "Who?").unwrap_err().message(), "Who?", "{path}");
    }
    assert_eq!(claims.required_text("sub", "Who?"), Ok("u-1"));
    assert_eq!(claims.required_text("age", "Who?").unwrap_err().message(), "The claims are not as the resolver expects them");
}

#[test]
fn the_first_text_that_says_something_wins() {
    let claims = claims();
    assert_eq!(claims.first_text(["no", "empty", "sub", "age"]), Ok(Some("u-1")));
    assert_eq!(claims.first_text(["no", "nothing"]), Ok(None));
    assert!(claims.first_text(["age", "sub"]).is_err(), "what is wrong is not passed over");
}

#[test]
fn only_an_object_holds_claims() {
    let deep = "[".repeat(1 << 16);
    for json in ["", "null", "[]", "\"sub\"", "{", "{\"a\":1}{", &deep] {
        assert_eq!(Claims::from_json(json).unwrap_err().name(), ErrorName::Other);
    }
    assert_eq!(format!("{:?}", claims()), "Claims { .. }");
}

proptest! {
    #[test]
    fn a_path_is_the_names_with_dots_between_whatever_they_hold(names in prop::collection::vec("[ab.]{0,3}", 1..5)) {
        let nested = names.iter().rev().fold(Value::from("x"), |value, name| Map::from_iter([(name.clone(), value)]).into());
        let claims = Claims::from_json(&nested.to_string()).unwrap();
        prop_assert_eq!(claims.text(&names.join(".")), Ok(Some("x")));
        prop_assert_eq!(claims.text(&(names.join(".") + ".c")), Ok(None));
    }
}
