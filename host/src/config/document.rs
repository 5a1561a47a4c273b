//! Other documents than the configuration, read with its readers: unknown keys are faults, and every fault is found at once, with file and key path.

use std::{fs::File, io::Read, path::Path};

use serde_json::Value as Json;

use super::{
    error::{ConfigError, ConfigErrors, Report},
    field::Field,
    origin::Origin,
    tree::Node,
    yaml,
};

/// No document that people write is larger.
const MOST_BYTES: u64 = 16 << 20;

/// Faults in the documents that are read with it.
#[derive(Default)]
pub(crate) struct Documents(Report);

impl Documents {
    /// The one YAML document of a file; its path is shown as it is given.
    pub(crate) fn open(path: &Path) -> Result<(Json, Origin), ConfigErrors> {
        let origin = Origin::document(path);
        let fault = |message: String| ConfigErrors(vec![ConfigError::at(&origin, "", message)]);
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text));
        read.map_err(|error| fault(format!("cannot be read: {error}")))?;
        if text.len() as u64 > MOST_BYTES {
            return Err(fault(format!("is larger than {MOST_BYTES} bytes")));
        }
        let json = yaml::parse(&text).map_err(|error| fault(error.to_string()))?;
        Ok((json, origin))
    }

    /// Reads a value that stands at this path of its document.
    pub(crate) fn read<T>(&self, json: Json, origin: &Origin, path: &str, read: impl FnOnce(&Field<'_>) -> T) -> T {
        let tree = Node::from_json(json, origin);
        read(&Field::at(&tree, path, &self.0))
    }

    /// Every fault so far, if there is one.
    pub(crate) fn finish(&self) -> Result<(), ConfigErrors> {
        self.0.finish().map(drop)
    }
}
