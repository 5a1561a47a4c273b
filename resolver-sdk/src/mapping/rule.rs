//! One rule of a mapping. What can be wrong with it the type refuses, and the schema before it: the host reads the schema when the component is loaded,
//! the type only when somebody signs in.

use crate::EntityRef;

/// One key with its values.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// Without the `*` of a prefix.
    pub(super) key: String,
    is_prefix: bool,
    targets: Vec<Target>,
}

/// One value of a rule.
#[derive(Debug, Clone)]
struct Target {
    entity_ref: EntityRef,
    /// Whether what follows the prefix is put behind the name.
    takes_rest: bool,
}

impl Rule {
    pub(super) fn read<'v>(key: &str, values: impl IntoIterator<Item = &'v str>) -> Result<Self, String> {
        let prefix = key.strip_suffix('*');
        let name = prefix.unwrap_or(key);
        if key.is_empty() || name.contains('*') {
            return Err(format!("`{key}` is neither a name nor a prefix with a * behind it"));
        }
        let target = |value| Target::read(value, prefix.is_some()).ok_or_else(|| format!("`{value}` below `{key}` is no entity ref"));
        let targets = values.into_iter().map(target).collect::<Result<Vec<_>, _>>()?;
        if targets.is_empty() {
            return Err(format!("`{key}` stands for nothing: leave it out"));
        }
        Ok(Self { key: name.to_owned(), is_prefix: prefix.is_some(), targets })
    }

    /// Whether it is the rule of this very name.
    pub(super) fn is(&self, name: &str) -> bool {
        !self.is_prefix && self.key == name
    }

    /// Whether it is a prefix of this name.
    pub(super) fn begins(&self, name: &str) -> bool {
        self.is_prefix && name.starts_with(&self.key)
    }

    /// What a name stands for that has this rule, whether or not somebody can bear it.
    pub(super) fn entity_refs(&self, name: &str) -> impl Iterator<Item = EntityRef> {
        let rest = name.strip_prefix(&*self.key).unwrap_or_default();
        self.targets.iter().map(move |target| target.with(rest))
    }
}

impl Target {
    /// Reads `[kind:][namespace/]name`, a group of the namespace `default` unless it says something else, with a `*` at its end where that may be.
    fn read(text: &str, below_prefix: bool) -> Option<Self> {
        let (text, takes_rest) = text.strip_suffix('*').filter(|_| below_prefix).map_or((text, false), |text| (text, true));
        if text.contains('*') {
            return None;
        }
        let (kind, text) = text.split_once(':').unwrap_or(("group", text));
        let (namespace, name) = text.split_once('/').unwrap_or(("default", text));
        let entity_ref = EntityRef { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() };
        let target = Self { entity_ref, takes_rest };
        // Of what follows the prefix only one thing is known: without it, `*` alone would be no name.
        target.with("x").can_be_borne().then_some(target)
    }

    fn with(&self, rest: &str) -> EntityRef {
        let mut entity_ref = self.entity_ref.clone();
        if self.takes_rest {
            entity_ref.name.push_str(rest);
        }
        entity_ref
    }
}

/// A character of a part of a ref, in a pattern within JSON: what `EntityRef::can_be_borne` lets pass, and no `*`.
const CHARACTER: &str = r"[^*:/,\\u0000-\\u001f\\u007f-\\u009f\\u0130\\u03f4\\u2126\\u212a\\u212b]";

/// Appends what a schema can say: everything but the length of a ref.
pub(super) fn push_schema(members: &mut String) {
    let values = |name: &str| {
        let pattern = ["^(", CHARACTER, "+:)?(", CHARACTER, "+/)?", name, "$"].concat();
        [r#"{"type":"array","minItems":1,"items":{"type":"string","pattern":""#, &pattern, r#""}}"#].concat()
    };
    let name = [CHARACTER, "+"].concat();
    let name_or_star = ["(", CHARACTER, "+|", CHARACTER, "*[*])"].concat();
    members.push_str(r#""type":"object","additionalProperties":false,"patternProperties":{"^[^*]+$":"#);
    members.push_str(&values(&name));
    members.push_str(r#","^[^*]*[*]$":"#);
    members.push_str(&values(&name_or_star));
    members.push('}');
}
