//! The bounds of `http-client`: destinations, each a URL prefix with its methods, and the names of credentials.

use serde_json::{Value, json};

use crate::{
    config::field::Field,
    domain::{
        destination::{Destination, InvalidDestination},
        grant::HttpBounds,
    },
};

use super::list;

pub(super) fn read(field: &Field<'_>) -> Option<HttpBounds> {
    let destinations = destinations(&field.key("destinations"));
    let credentials = credentials(&field.key("credentials"));
    Some(HttpBounds { destinations: destinations?, credentials: credentials? })
}

/// Places, at least one.
pub(in crate::config::sections) fn destinations(field: &Field<'_>) -> Option<Vec<Destination>> {
    let what = "where requests may go: { url: 'https://api.example.com/v1/', methods: [GET] }";
    list(field, what, "name the places", destination)
}

/// Names, or `[]` for none: this bound may be empty, but it must be stated.
fn credentials(field: &Field<'_>) -> Option<Vec<String>> {
    if !field.is_set() {
        return field.error("missing; each bound must be stated: names below stagedoor.credentials, or [] for none");
    }
    let names: Vec<_> = field.items_or_one()?.iter().map(|item| item.string("the name of a credential").map(str::to_owned)).collect();
    names.into_iter().collect()
}

fn destination(field: &Field<'_>) -> Option<Destination> {
    field.only(&["url", "methods"]);
    let url = field.key("url").required_string("a URL that ends the beginning of the path");
    let methods =
        list(&field.key("methods"), "methods in upper case", "name the methods", |method| method.string("a method in upper case").map(str::to_owned));
    let (url, methods) = (url?, methods?);
    let key = |error: &InvalidDestination| if matches!(error, InvalidDestination::Method(_)) { "methods" } else { "url" };
    Destination::new(url, methods).map_err(|error| field.key(key(&error)).error::<()>(error.to_string())).ok()
}

pub(super) fn schema() -> Value {
    json!({
        "destinations": destinations_schema("Where requests may go, redirects included."),
        "credentials": { "type": "array", "items": { "type": "string" }, "description": "Names below stagedoor.credentials; [] for none." },
    })
}

/// The shape of destinations, for what they are for.
pub(in crate::config::sections) fn destinations_schema(what: &str) -> Value {
    let method = json!({ "type": "string", "pattern": "^[A-Z]+$" });
    let destination = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["url", "methods"],
        "properties": {
            "url": {
                "type": "string",
                "description": "Scheme, host, port and path. A path that ends with a slash stands for all that is below it, any other for itself alone.",
            },
            "methods": super::schema::one_or_more("Methods in upper case.", &method),
        },
    });
    json!({ "description": what, "type": "array", "items": destination, "minItems": 1 })
}
