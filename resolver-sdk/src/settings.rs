//! Typed settings that know their JSON Schema.
//!
//! The schema is written by a macro and not by the crate `schemars`: that adds 26 KB to a component, for a document that is read once.

use crate::describe::push_text;

/// Defines the settings of a resolver: a struct that is read from the keys beside `resolver: …` in the config, and its JSON Schema.
///
/// ```
/// use resolver_sdk::{AllowedDomains, Context, Error, Identity, UserQuery, export_resolver, settings};
///
/// settings! {
///     /// Signs in by e-mail address.
///     struct Options {
///         /// Domains whose addresses may sign in; absent: any.
///         allowed_domains: Option<AllowedDomains>,
///         /// The header that holds the address.
///         header: String = "x-forwarded-email".to_owned(),
///     }
/// }
///
/// fn resolve(ctx: &impl Context, options: Options) -> Result<Identity, Error> {
///     let email = ctx.required_header(&options.header, "Request did not contain an email")?;
///     if let Some(domains) = &options.allowed_domains {
///         domains.check(&email)?;
///     }
///     ctx.sign_in_with_catalog_user(UserQuery::email(email))
/// }
///
/// export_resolver!(resolve, settings = Options);
/// ```
///
/// In the config the names are in camel case (`allowedDomains`). A field is required unless it is an `Option` or has a default after `=`. The doc
/// comments become the descriptions of the schema. Keys that are not in the struct are ignored, as Backstage ignores them. A field may have any
/// type that is a [`Setting`](crate::Setting): `bool`, `String`, numbers, `Vec`, `BTreeMap<String, _>`, another struct of this macro, or your own.
#[macro_export]
macro_rules! settings {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident {
            $($(#[doc = $doc:expr])* $field_visibility:vis $field:ident: $type:ty $(= $default:expr)?),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone)]
        $visibility struct $name {
            $($(#[doc = $doc])* $field_visibility $field: $type,)+
        }

        const _: () = {
            // Everything is optional here; what is required is said below, where defaults and `Option` are known.
            #[derive($crate::serde::Deserialize)]
            #[serde(crate = "resolver_sdk::serde", rename_all = "camelCase")]
            struct Written {
                $($field: ::core::option::Option<$type>,)+
            }

            impl<'de> $crate::serde::Deserialize<'de> for $name {
                fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::core::result::Result<Self, D::Error> {
                    let written = <Written as $crate::serde::Deserialize>::deserialize(deserializer)?;
                    ::core::result::Result::Ok(Self {
                        $($field: match written.$field {
                            ::core::option::Option::Some(value) => value,
                            ::core::option::Option::None => {
                                let default = $crate::__first!($(::core::option::Option::Some($default),)? <$type as $crate::Setting>::when_absent());
                                default.ok_or_else(|| $crate::__private::missing(::core::stringify!($field)))?
                            }
                        },)+
                    })
                }
            }

            impl $crate::Setting for $name {
                fn push_schema(members: &mut ::std::string::String) {
                    members.push_str("\"type\":\"object\",\"properties\":{");
                    $(
                        $crate::__private::open_property(members, ::core::stringify!($field), &[$($doc),*]);
                        <$type as $crate::Setting>::push_schema(members);
                        members.push('}');
                    )+
                    members.push('}');
                    $crate::__private::push_required(members, &[$((::core::stringify!($field), $crate::__first!(
                        $($crate::__private::defaulted(::core::stringify!($default)),)?
                        <$type as $crate::Setting>::when_absent().is_none()
                    ))),+]);
                }
            }
        };
    };
}

/// Begins the schema of one property: its name, and its description if it has one.
pub fn open_property(members: &mut String, field: &str, doc: &[&str]) {
    if !members.ends_with('{') {
        members.push(',');
    }
    push_text(members, &camel_case(field));
    members.push_str(":{");
    if !doc.is_empty() {
        let lines: Vec<_> = doc.iter().map(|line| line.trim()).collect();
        members.push_str("\"description\":");
        push_text(members, &lines.join(" "));
        members.push(',');
    }
}

/// Appends the names of the required fields.
pub fn push_required(members: &mut String, fields: &[(&str, bool)]) {
    members.push_str(",\"required\":[");
    for (field, _) in fields.iter().filter(|(_, required)| *required) {
        if !members.ends_with('[') {
            members.push(',');
        }
        push_text(members, &camel_case(field));
    }
    members.push(']');
}

/// A field without a value.
pub fn missing<E: serde::de::Error>(field: &str) -> E {
    E::custom(format_args!("{} is missing", camel_case(field)))
}

/// Whether a field with this default is required: never.
pub fn defaulted(_default: &str) -> bool {
    false
}

/// `allowed_domains` as `allowedDomains`: the same rule as serde's.
fn camel_case(field: &str) -> String {
    let words = field.strip_prefix("r#").unwrap_or(field).split('_');
    words.enumerate().fold(String::new(), |mut name, (index, word)| {
        let mut letters = word.chars();
        if index > 0 {
            name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        }
        name.push_str(letters.as_str());
        name
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use crate::{AllowedDomains, Setting};

    crate::settings! {
        /// All kinds of fields.
        struct Options {
            /// Where the login
            /// stands: "quoted".
            login_annotation: String,
            allowed_domains: Option<AllowedDomains>,
            /// How often.
            r#loop: u8 = 3,
            roles: BTreeMap<String, Vec<String>> = BTreeMap::new(),
            nested: Option<Nested>,
        }
    }

    crate::settings! {
        struct Nested {
            exact: bool,
        }
    }

    fn read(json: Value) -> Result<Options, String> {
        serde_json::from_value(json).map_err(|error| error.to_string())
    }

    #[test]
    fn the_schema_says_what_is_read() {
        let mut schema = String::from("{");
        Options::push_schema(&mut schema);
        schema.push('}');
        let expected = json!({
            "type": "object",
            "properties": {
                "loginAnnotation": { "description": "Where the login stands: \"quoted\".", "type": "string" },
                "allowedDomains": { "type": "array", "items": { "type": "string", "pattern": r"^[^@*\s]+$" }, "minItems": 1 },
                "loop": { "description": "How often.", "type": "integer", "minimum": 0, "maximum": 255 },
                "roles": { "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" } } },
                "nested": { "type": "object", "properties": { "exact": { "type": "boolean" } }, "required": ["exact"] },
            },
            "required": ["loginAnnotation"],
        });
        assert_eq!(serde_json::from_str::<Value>(&schema).unwrap(), expected);
    }

    #[test]
    fn absent_fields_have_their_defaults() {
        let options = read(json!({ "loginAnnotation": "corp/login" })).unwrap();
        assert_eq!((options.login_annotation.as_str(), options.r#loop), ("corp/login", 3));
        assert!(options.allowed_domains.is_none() && options.roles.is_empty() && options.nested.is_none());
    }

    #[test]
    fn unknown_keys_are_ignored() {
        let options = read(json!({ "loginAnnotation": "x", "another": 1, "nested": { "exact": true, "more": null } })).unwrap();
        assert!(options.nested.unwrap().exact);
    }

    #[test]
    fn errors_name_what_is_wrong() {
        assert_eq!(read(json!({})).unwrap_err(), "loginAnnotation is missing");
        assert_eq!(read(json!({ "loginAnnotation": 1 })).unwrap_err(), "invalid type: integer `1`, expected a string");
        assert_eq!(read(json!({ "loginAnnotation": "x", "allowedDomains": [] })).unwrap_err(), "at least one domain must be allowed");
        assert_eq!(read(json!({ "loginAnnotation": "x", "nested": {} })).unwrap_err(), "exact is missing");
    }
}
