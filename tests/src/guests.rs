//! The guests of `fixtures/guests`, and an app-config in which they are asked.

mod door;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use stagedoor::serve::StartError;

use crate::{App, fixture};

pub use door::{Asked, Door, Record};

/// Where the guests in JavaScript and Python are built.
pub const FOREIGN_DIRECTORY: &str = env!("STAGEDOOR_FOREIGN_GUESTS");

/// The component of that name, built by `build.rs` from `fixtures/guests/rust/examples`.
///
/// # Panics
///
/// If there is no such guest.
pub fn path(name: &str) -> PathBuf {
    let path = Path::new(env!("STAGEDOOR_GUESTS")).join(format!("{name}.wasm"));
    assert!(path.exists(), "{}: there is no such guest in fixtures/guests/rust/Cargo.toml", path.display());
    path
}

/// `signIn.resolvers` out of guests and built-ins, and what is asked beside them, over the catalog of `contract/catalog.yaml`.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    resolvers: Vec<Value>,
    beside: Map<String, Value>,
    components: Map<String, Value>,
    limits: Map<String, Value>,
    sections: Map<String, Value>,
}

impl Chain {
    /// This guest alone, configured under its own name.
    pub fn of(guest: &str) -> Self {
        Self::default().then(guest)
    }

    /// The same, and after it this guest.
    #[must_use]
    pub fn then(self, guest: &str) -> Self {
        self.then_file(guest, &path(guest))
    }

    /// The same, and after it this file under that name.
    #[must_use]
    pub fn then_file(mut self, name: &str, source: &Path) -> Self {
        self.components.insert(name.to_owned(), json!({ "source": source }));
        self.then_known(name)
    }

    /// The same, and after it a built-in, or once more a guest that is there already.
    #[must_use]
    pub fn then_known(mut self, name: &str) -> Self {
        self.resolvers.push(json!({ "resolver": name }));
        self
    }

    /// `stagedoor.profile` or `stagedoor.ownership` asks this guest, with these settings.
    ///
    /// # Panics
    ///
    /// If the settings are no object.
    #[must_use]
    pub fn asks(mut self, key: &str, guest: &str, settings: Value) -> Self {
        self.components.insert(guest.to_owned(), json!({ "source": path(guest) }));
        self.asks_known(key, guest, settings)
    }

    /// The same of a built-in, or of what is there already.
    ///
    /// # Panics
    ///
    /// If the settings are no object.
    #[must_use]
    pub fn asks_known(mut self, key: &str, name: &str, mut settings: Value) -> Self {
        settings.as_object_mut().expect("settings").insert("component".to_owned(), json!(name));
        self.beside.insert(key.to_owned(), settings);
        self
    }

    /// The decisions about the powers of that component.
    ///
    /// # Panics
    ///
    /// If it is not there.
    #[must_use]
    pub fn grants_of(mut self, name: &str, grants: Value) -> Self {
        self.components.get_mut(name).and_then(Value::as_object_mut).expect("a guest").insert("grants".to_owned(), grants);
        self
    }

    /// A key of the last component, such as `grants`.
    ///
    /// # Panics
    ///
    /// If the last resolver is a built-in.
    #[must_use]
    pub fn component(mut self, key: &str, value: Value) -> Self {
        let name = self.resolvers.last().and_then(|item| item["resolver"].as_str()).unwrap_or_default();
        self.components.get_mut(name).and_then(Value::as_object_mut).expect("a guest").insert(key.to_owned(), value);
        self
    }

    /// The decisions about the powers of the last component.
    #[must_use]
    pub fn grants(self, grants: Value) -> Self {
        self.component("grants", grants)
    }

    /// A setting of the last resolver.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn setting(mut self, key: &str, value: Value) -> Self {
        self.resolvers.last_mut().and_then(Value::as_object_mut).expect("a resolver").insert(key.to_owned(), value);
        self
    }

    /// One of `stagedoor.limits`.
    #[must_use]
    pub fn limit(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.limits.insert(key.to_owned(), value.into());
        self
    }

    /// Another section of `stagedoor`, such as `tokens`.
    #[must_use]
    pub fn section(mut self, key: &str, value: Value) -> Self {
        self.sections.insert(key.to_owned(), value);
        self
    }

    /// One of `stagedoor.credentials`.
    #[must_use]
    pub fn credential(mut self, name: &str, value: Value) -> Self {
        self.sections.entry("credentials").or_insert_with(|| json!({}))[name] = value;
        self
    }

    /// The app-config. YAML, as JSON is.
    pub fn config(&self) -> String {
        let mut limits = self.limits.clone();
        // Enough, and many of them fit into one address space.
        limits.entry("concurrency").or_insert(json!(8));
        let mut stagedoor = self.beside.clone();
        stagedoor.extend(self.sections.clone());
        stagedoor.extend([("components".to_owned(), json!(self.components)), ("limits".to_owned(), json!(limits))]);
        json!({
            "auth": { "providers": { "oauth2Proxy": { "signIn": { "resolvers": self.resolvers } } } },
            "catalog": { "locations": [{ "type": "file", "target": fixture("../contract/catalog.yaml") }] },
            "stagedoor": stagedoor,
        })
        .to_string()
    }

    /// The real router over it.
    pub async fn start(&self) -> App {
        App::start(&self.config()).await
    }

    /// Why it does not start.
    ///
    /// # Panics
    ///
    /// If it does.
    pub async fn refusal(&self) -> StartError {
        match App::try_start(&self.config()).await {
            Err(error) => error,
            Ok(_) => panic!("it starts: {}", self.config()),
        }
    }
}
