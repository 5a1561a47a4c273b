//! What settings are made of.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

/// A type that settings are made of: it can be read from JSON, and says in JSON Schema what it accepts.
///
/// Structs get it from [`settings!`](crate::settings!). Anything else that is `Deserialize` takes a few lines:
///
/// ```
/// #[derive(serde::Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// enum Match { Exact, IgnoreCase }
///
/// impl resolver_sdk::Setting for Match {
///     fn push_schema(members: &mut String) {
///         members.push_str(r#""enum":["exact","ignoreCase"]"#);
///     }
/// }
/// ```
pub trait Setting: DeserializeOwned {
    /// Appends the members of the schema, as JSON without the braces around them.
    fn push_schema(members: &mut String);

    /// The value where the config says nothing; `None` makes it required.
    fn when_absent() -> Option<Self> {
        None
    }
}

/// The schemas of types that are written as they are.
macro_rules! plain_settings {
    ($($type:ty => $schema:literal;)*) => {$(
        impl Setting for $type {
            fn push_schema(members: &mut String) {
                members.push_str($schema);
            }
        }
    )*};
}

plain_settings! {
    bool => r#""type":"boolean""#;
    String => r#""type":"string""#;
    u8 => r#""type":"integer","minimum":0,"maximum":255"#;
    u16 => r#""type":"integer","minimum":0,"maximum":65535"#;
    u32 => r#""type":"integer","minimum":0,"maximum":4294967295"#;
    u64 => r#""type":"integer","minimum":0"#;
    i32 => r#""type":"integer","minimum":-2147483648,"maximum":2147483647"#;
    i64 => r#""type":"integer""#;
    f64 => r#""type":"number""#;
}

impl<T: Setting> Setting for Option<T> {
    fn push_schema(members: &mut String) {
        T::push_schema(members);
    }

    fn when_absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn push_schema(members: &mut String) {
        members.push_str(r#""type":"array","items":{"#);
        T::push_schema(members);
        members.push('}');
    }
}

impl<T: Setting> Setting for BTreeMap<String, T> {
    fn push_schema(members: &mut String) {
        members.push_str(r#""type":"object","additionalProperties":{"#);
        T::push_schema(members);
        members.push('}');
    }
}
