//! Rows as the catalog has them, and conditions that only the right entity meets.

use serde_json::json;

use super::*;

fn all(entity: &serde_json::Value) -> Vec<String> {
    let mut all = Vec::new();
    rows(&entity.to_string(), |key, value| all.push(format!("{key}={value}")));
    all.sort();
    all
}

#[test]
fn rows_are_those_of_the_catalog() {
    let entity = json!({
        "metadata": { "namespace": "Team", "name": "Carol", "etag": "x", "annotations": { "example.com/Login": "Carol.Upper" } },
        "kind": "User",
        "spec": { "memberOf": ["Team-A", "b"], "n": 1, "x": 1.0, "y": 0.5, "z": -2, "on": true, "none": null, "list": [{ "deep": [1, "q"] }] },
        "status": { "items": [] },
        "relations": [{ "type": "memberOf", "targetRef": "group:team/team-a" }],
    });
    assert_eq!(
        all(&entity),
        [
            "kind=user",
            "metadata.annotations.example.com/login=carol.upper",
            "metadata.name=carol",
            "metadata.namespace=team",
            "relations.memberof=group:team/team-a",
            "spec.list.deep.q=true",
            "spec.list.deep=1",
            "spec.list.deep=q",
            "spec.memberof.b=true",
            "spec.memberof.team-a=true",
            "spec.memberof=b",
            "spec.memberof=team-a",
            "spec.n=1",
            "spec.on=true",
            "spec.x=1",
            "spec.y=0.5",
            "spec.z=-2",
        ]
    );
}

#[test]
fn what_is_too_long_cannot_be_found() {
    assert_eq!(all(&json!({ "a": "x".repeat(200) })).len(), 1);
    assert_eq!(all(&json!({ "a": "ü".repeat(200) })).len(), 1);
    assert_eq!(all(&json!({ "a": "x".repeat(201), "k".repeat(201): "b" })).len(), 0);
}

#[test]
fn conditions_are_met_by_rows_and_never_parsed() {
    let entity = json!({ "spec": { "profile": { "email": "Alice@example.com" }, "memberOf": ["a", "b"] } }).to_string();
    let meets = |conditions: &[(&'static str, &[&'static str])]| {
        let conditions: Vec<_> = conditions.iter().map(|(key, values)| Condition::new((*key).into(), values.iter().copied())).collect();
        meets_all(&entity, &conditions)
    };
    assert!(meets(&[("SPEC.profile.email", &["nobody", "ALICE@example.com"])]));
    assert!(meets(&[("spec.memberOf", &["a"]), ("spec.memberOf", &["b"])]));
    assert!(!meets(&[("spec.memberOf", &["a"]), ("spec.memberOf", &["c"])]));
    assert!(!meets(&[("spec.profile.email", &["zz@x,spec.profile.email=alice@example.com"])]));
}

#[test]
fn a_look_alike_finds_only_itself() {
    let entity = json!({ "spec": { "profile": { "email": "Kevin@corp.example" }, "sign": "\u{212A}" } }).to_string();
    let meets = |key: &'static str, value: &'static str| meets_all(&entity, &[Condition::new(key.into(), std::iter::once(value))]);
    assert!(meets("spec.profile.email", "KEVIN@corp.example"));
    assert!(!meets("spec.profile.email", "\u{212A}evin@corp.example"));
    assert!(meets("spec.sign", "\u{212A}") && !meets("spec.sign", "k") && !meets("spec.sign", "K"));
    assert!(!meets("\u{212A}ind", "\u{212A}"));
}
