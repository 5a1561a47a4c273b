//! `catalog.locations`: the files in which users and groups stand.

use std::{borrow::Cow, path::PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::field::Field;

/// Where users stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CatalogConfig {
    /// The locations of type `file`, in order; none where the catalog is asked over HTTP.
    pub locations: Vec<FileLocation>,
}

/// One location of type `file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLocation {
    /// A path, perhaps with wildcards, as it is written. Backstage takes it relative to the working directory.
    pub target: String,
    /// The file that names it, as an absolute path.
    pub origin: PathBuf,
    /// The place that names it, for people: `app-config.yaml: catalog.locations[0].target`.
    pub named_by: String,
}

impl CatalogConfig {
    pub(in crate::config) fn read(catalog: &Field<'_>) -> Self {
        let locations = catalog.key("locations").items().unwrap_or_default();
        Self { locations: locations.iter().filter_map(FileLocation::read).collect() }
    }
}

impl FileLocation {
    fn read(field: &Field<'_>) -> Option<Self> {
        match field.key("type").required_string("the type of the location, such as file")? {
            "file" => {
                let target = field.key("target");
                let path = target.required_string("the path of a file of entities")?;
                let named_by = format!("{}: {}", target.origin(), target.path());
                Some(Self { target: path.to_owned(), origin: target.origin().path().to_owned(), named_by })
            }
            other => {
                field.warning(&format!("a location of type {other} is skipped: only files are read"));
                None
            }
        }
    }
}

impl JsonSchema for CatalogConfig {
    fn schema_name() -> Cow<'static, str> {
        "Catalog".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "Where users stand.",
            "properties": { "locations": {
                "type": "array",
                "description": "Locations of type file hold the users and groups that can sign in; others are skipped. Live.",
                "items": {
                    "type": "object",
                    "required": ["type"],
                    "properties": {
                        "type": { "type": "string" },
                        "target": { "type": "string", "description": "A path relative to the working directory; may hold wildcards." },
                    },
                },
            } },
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::testing::{faults, loaded};

    #[test]
    fn files_are_taken_and_other_locations_skipped_with_a_warning() {
        let config = loaded(
            "catalog: { locations: [{ type: file, target: ./org.yaml }, { type: url, target: 'https://x' }, { type: file, target: '*/org.yaml', rules: [] }] }",
        );
        let locations = config.catalog.locations;
        assert_eq!(locations.iter().map(|location| location.target.as_str()).collect::<Vec<_>>(), ["./org.yaml", "*/org.yaml"]);
        assert!(locations[0].origin.is_absolute() && locations[0].origin.ends_with("app-config.yaml"));
        insta::assert_snapshot!(config.warnings.join("\n"), @"app-config.yaml: catalog.locations[1]: a location of type url is skipped: only files are read");
    }

    #[test]
    fn no_locations_are_no_fault() {
        assert!(loaded("{}").catalog.locations.is_empty());
        assert!(loaded("catalog: { locations: [], rules: [{ allow: [User] }] }").catalog.locations.is_empty());
    }

    #[test]
    fn a_location_says_what_it_is() {
        insta::assert_snapshot!(faults("catalog: { locations: [{ target: x }, { type: file }, { type: file, target: [x] }, x] }"), @r"
        app-config.yaml: catalog.locations[0].type: missing; expected the type of the location, such as file
        app-config.yaml: catalog.locations[1].target: missing; expected the path of a file of entities
        app-config.yaml: catalog.locations[2].target: expected the path of a file of entities, got a list
        app-config.yaml: catalog.locations[3]: expected an object of keys, got a string
        ");
    }
}
