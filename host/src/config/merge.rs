//! Layers of configuration become one: objects merge key by key, anything else replaces what was there, `null` takes it away.

use std::collections::btree_map::Entry;

use super::{
    key_path::KeyPath,
    origin::Origin,
    tree::{Node, Value},
};

/// Puts `upper` on top of `lower`. A `null` that takes nothing away stays in the result, to be taken out by [`prune`] once all layers are on.
pub(super) fn merge(lower: Node, upper: Node) -> Node {
    match (lower.value, upper.value) {
        (Value::Object(mut below), Value::Object(above)) => {
            for (key, node) in above {
                match below.entry(key) {
                    Entry::Vacant(free) => {
                        free.insert(node);
                    }
                    Entry::Occupied(taken) if node.value == Value::Null && taken.get().value != Value::Null => {
                        taken.remove();
                    }
                    Entry::Occupied(mut taken) => {
                        let under = std::mem::replace(taken.get_mut(), Node::empty(node.origin.clone()));
                        taken.insert(merge(under, node));
                    }
                }
            }
            Node { origin: upper.origin, value: Value::Object(below) }
        }
        (_, value) => Node { origin: upper.origin, value },
    }
}

/// Takes out every key whose value is `null`, and says which: each of them took nothing away. Lists stay as they are, as in Backstage: nothing merges
/// there, so an option of a resolver that somebody left empty is seen by whoever reads it, instead of silently not being there.
pub(super) fn prune(node: &mut Node, path: &KeyPath) -> Vec<(Origin, KeyPath)> {
    let Value::Object(entries) = &mut node.value else { return Vec::new() };
    let nulls = entries.iter().filter(|(_, node)| node.value == Value::Null);
    let mut idle: Vec<_> = nulls.map(|(key, node)| (node.origin.clone(), path.key(key))).collect();
    entries.retain(|_, node| node.value != Value::Null);
    idle.extend(entries.iter_mut().flat_map(|(key, node)| prune(node, &path.key(key))));
    idle
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::config::origin::Origin;

    fn layer(name: &str, json: serde_json::Value) -> Node {
        Node::from_json(json, &Origin::file(format!("/{name}").into(), Path::new("/")))
    }

    fn merged(layers: impl IntoIterator<Item = serde_json::Value>) -> serde_json::Value {
        let mut result = layers.into_iter().map(|json| layer("layer", json)).reduce(merge).unwrap();
        prune(&mut result, &KeyPath::default());
        result.to_json()
    }

    #[test]
    fn objects_merge_while_lists_and_scalars_are_replaced_whole() {
        let result = merged([
            json!({ "a": { "x": 1, "y": 2 }, "list": [1, 2], "scalar": 1, "object": { "x": 1 } }),
            json!({ "a": { "y": 3, "z": 4 }, "list": [3], "scalar": { "x": 1 }, "object": "text" }),
        ]);
        assert_eq!(result, json!({ "a": { "x": 1, "y": 3, "z": 4 }, "list": [3], "scalar": { "x": 1 }, "object": "text" }));
    }

    #[test]
    fn null_removes_the_key_of_every_layer_below() {
        assert_eq!(merged([json!({ "a": { "x": 1 } }), json!({ "a": null })]), json!({}));
        assert_eq!(merged([json!({ "a": { "x": 1 } }), json!({ "a": null }), json!({ "a": { "y": 2 } })]), json!({ "a": { "y": 2 } }));
        assert_eq!(merged([json!({ "list": [null, { "x": null }] })]), json!({ "list": [null, { "x": null }] }));
    }

    #[test]
    fn a_null_that_takes_nothing_away_is_told_with_its_source() {
        let idle = |layers: &[serde_json::Value]| {
            let layers = layers.iter().enumerate().map(|(index, json)| layer(&index.to_string(), json.clone()));
            let idle = prune(&mut layers.reduce(merge).unwrap(), &KeyPath::default());
            idle.iter().map(|(origin, path)| format!("{origin} {path}")).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        assert_eq!(idle(&[json!({ "a": { "x": 1 } }), json!({ "a": { "x": null } })]), none);
        assert_eq!(idle(&[json!({ "a": null }), json!({ "a": 1 })]), none, "a later layer has the key");
        assert_eq!(idle(&[json!({ "a": null }), json!({ "a": null, "b": { "c": null } })]), ["1 a", "1 b.c"]);
        assert_eq!(idle(&[json!({ "a": { "x": 1 } }), json!({ "a": null }), json!({ "a": { "x": null } })]), ["2 a.x"]);
    }

    #[test]
    fn each_value_keeps_its_own_source() {
        let result = merge(layer("base", json!({ "a": { "x": 1, "y": 1 } })), layer("local", json!({ "a": { "y": 2 } })));
        let Value::Object(root) = &result.value else { panic!() };
        let Value::Object(a) = &root["a"].value else { panic!() };
        assert_eq!(root["a"].origin.to_string(), "local");
        assert_eq!((a["x"].origin.to_string(), a["y"].origin.to_string()), ("base".into(), "local".into()));
    }

    /// Any JSON object, `null` included.
    fn object() -> impl Strategy<Value = serde_json::Value> {
        let leaf =
            prop_oneof![Just(json!(null)), any::<bool>().prop_map(|b| json!(b)), (0..9).prop_map(|n| json!(n)), "[a-c]{0,2}".prop_map(|s| json!(s))];
        let tree = leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(|items| json!(items)),
                prop::collection::btree_map("[a-d]", inner, 0..4).prop_map(|entries| json!(entries)),
            ]
        });
        prop::collection::btree_map("[a-d]", tree, 0..4).prop_map(|entries| json!(entries))
    }

    /// Objects of which each key holds the same kind in all of them: objects at `a` and `b`, else scalars.
    fn well_kinded() -> impl Strategy<Value = serde_json::Value> {
        let scalars = || prop::collection::btree_map("[c-e]", (0..9).prop_map(|n| json!(n)), 0..3);
        (prop::option::of(scalars()), prop::option::of(scalars()), scalars()).prop_map(|(a, b, mut root)| {
            root.extend(a.map(|a| ("a".into(), json!(a))));
            root.extend(b.map(|b| ("b".into(), json!(b))));
            json!(root)
        })
    }

    fn holds_null_key(json: &serde_json::Value) -> bool {
        match json {
            serde_json::Value::Object(entries) => entries.values().any(|value| value.is_null() || holds_null_key(value)),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn no_null_key_survives(a in object(), b in object()) {
            prop_assert!(!holds_null_key(&merged([a, b])));
        }

        #[test]
        fn an_empty_layer_changes_nothing(a in object()) {
            let alone = merged([a.clone()]);
            prop_assert_eq!(&merged([json!({}), a.clone()]), &alone);
            prop_assert_eq!(&merged([a.clone(), json!({})]), &alone);
            prop_assert_eq!(&merged([a.clone(), a]), &alone);
        }

        // Where a key changes its kind it does not hold: an object over a scalar starts anew, and only the order of layers tells.
        #[test]
        fn layers_of_one_shape_may_be_merged_in_any_grouping(a in well_kinded(), b in well_kinded(), c in well_kinded()) {
            let layer = |json: &serde_json::Value| layer("layer", json.clone());
            let left = merge(merge(layer(&a), layer(&b)), layer(&c));
            let right = merge(layer(&a), merge(layer(&b), layer(&c)));
            prop_assert_eq!(left.to_json(), right.to_json());
        }
    }
}
