//! The JSON document that `describe` hands to the host: `stagedoor:resolver/handler.describe`.
//!
//! Written by hand: a serializer for four texts would be a tenth of a small component.

use crate::Setting;

/// What a component says about itself.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Its name.
    pub name: &'static str,
    /// Its own version.
    pub version: &'static str,
    /// One sentence for operators.
    pub description: &'static str,
    /// The headers it reads; only for documentation.
    pub headers: &'static [&'static str],
    /// The tables it looks into; it is not loaded where one of them is not configured.
    pub tables: &'static [&'static str],
}

/// The document of a component without settings.
pub fn document(about: About) -> String {
    let mut json = String::from("{\"name\":");
    push_text(&mut json, about.name);
    json.push_str(",\"version\":");
    push_text(&mut json, about.version);
    json.push_str(",\"description\":");
    push_text(&mut json, about.description);
    push_list(&mut json, ",\"headers\":[", about.headers);
    if !about.tables.is_empty() {
        push_list(&mut json, ",\"tables\":[", about.tables);
    }
    json.push('}');
    json
}

/// The document of a component whose settings have this type.
pub fn document_with_settings<S: Setting>(about: About) -> String {
    let mut json = document(about);
    json.pop();
    json.push_str(",\"settings\":{");
    S::push_schema(&mut json);
    json.push_str("}}");
    json
}

/// Appends a member that is a list of texts.
fn push_list(json: &mut String, member: &str, texts: &[&str]) {
    json.push_str(member);
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        push_text(json, text);
    }
    json.push(']');
}

/// Appends a JSON string.
pub(crate) fn push_text(json: &mut String, text: &str) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            // What has no short form: a manifest's description may run over several lines.
            c if c < ' ' => json.push(' '),
            c => json.push(c),
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[derive(serde::Deserialize)]
    struct Settings;

    impl Setting for Settings {
        fn push_schema(members: &mut String) {
            members.push_str(r#""type":"object","required":["x"]"#);
        }
    }

    const ABOUT: About =
        About { name: "corp", version: "1.2.3", description: "Signs in \"us\"\n\\ and nobody else", headers: &["x-a", "x-b"], tables: &[] };

    #[test]
    fn the_document_is_json_whatever_the_manifest_says() {
        let document: Value = serde_json::from_str(&document(ABOUT)).unwrap();
        let description = "Signs in \"us\" \\ and nobody else";
        assert_eq!(document, json!({ "name": "corp", "version": "1.2.3", "description": description, "headers": ["x-a", "x-b"] }));
    }

    #[test]
    fn the_tables_stand_in_it_where_there_are_some() {
        let document: Value = serde_json::from_str(&document(About { tables: &["roles", "logins"], ..ABOUT })).unwrap();
        assert_eq!(document["tables"], json!(["roles", "logins"]));
    }

    #[test]
    fn the_schema_of_the_settings_stands_in_it() {
        let document: Value = serde_json::from_str(&document_with_settings::<Settings>(ABOUT)).unwrap();
        assert_eq!(document["settings"], json!({ "type": "object", "required": ["x"] }));
    }
}
