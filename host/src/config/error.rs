//! Everything that is wrong with a configuration, at once: one line for each fault, with the file, the key path, what was expected and what to do.
//!
//! No line holds a value that may be a secret: readers say what *type* they got, and show a value only where the key cannot hold one.

use std::{cell::RefCell, fmt};

use super::{key_path::KeyPath, origin::Origin};

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file or environment variable, if the fault lies in one.
    pub origin: Option<Origin>,
    /// The key path; empty where the fault is the file itself.
    pub path: String,
    /// What was expected, and what to do.
    pub message: String,
}

impl ConfigError {
    /// A fault at a key.
    pub fn at(origin: &Origin, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { origin: Some(origin.clone()), path: path.into(), message: message.into() }
    }

    /// A fault that lies in no file.
    pub(super) fn nowhere(message: impl Into<String>) -> Self {
        Self { origin: None, path: String::new(), message: message.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// All faults that were found; never empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

/// Where readers put what they find, so that one fault does not hide the next.
#[derive(Default)]
pub(super) struct Report {
    errors: RefCell<Vec<ConfigError>>,
    warnings: RefCell<Vec<String>>,
}

impl Report {
    /// Notes a fault. The same fault met on two ways counts once.
    pub(super) fn error(&self, error: ConfigError) {
        let mut errors = self.errors.borrow_mut();
        if !errors.contains(&error) {
            errors.push(error);
        }
    }

    /// Notes something that works, though perhaps not as meant.
    pub(super) fn warning(&self, origin: &Origin, path: &KeyPath, message: &str) {
        self.warnings.borrow_mut().push(ConfigError::at(origin, path.as_str(), message).to_string());
    }

    /// The warnings so far, or every fault if there is one.
    pub(super) fn finish(&self) -> Result<Vec<String>, ConfigErrors> {
        let errors = self.errors.borrow();
        if errors.is_empty() { Ok(self.warnings.borrow().clone()) } else { Err(ConfigErrors(errors.clone())) }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn each_fault_is_one_line_with_file_and_key_path() {
        let origin = Origin::file("/srv/app-config.yaml".into(), Path::new("/srv"));
        let report = Report::default();
        for _ in 0..2 {
            report.error(ConfigError::at(&origin, "stagedoor.listen", "expected host:port"));
        }
        report.error(ConfigError::at(&origin, "", "line 3: did not find expected key"));
        report.error(ConfigError::nowhere("no configuration"));
        insta::assert_snapshot!(report.finish().unwrap_err(), @r"
        app-config.yaml: stagedoor.listen: expected host:port
        app-config.yaml: line 3: did not find expected key
        no configuration
        ");
    }

    #[test]
    fn warnings_alone_are_no_fault() {
        let report = Report::default();
        let origin = Origin::variable("APP_CONFIG_a", Path::new("/srv"));
        report.warning(&origin, &KeyPath::default().key("a"), "is not read");
        assert_eq!(report.finish().unwrap(), ["environment variable APP_CONFIG_a: a: is not read"]);
    }
}
