//! Which file, or environment variable, a value came from: the first word of every error, and what its relative paths are relative to.

use std::{
    fmt,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

/// The source of a value. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Arc<Source>);

#[derive(Debug, PartialEq, Eq)]
struct Source {
    path: PathBuf,
    shown: String,
}

impl Origin {
    /// A file, shown relative to the working directory where it lies below.
    pub(super) fn file(path: PathBuf, working_directory: &Path) -> Self {
        let shown = path.strip_prefix(working_directory).unwrap_or(&path).display().to_string();
        Self(Arc::new(Source { path, shown }))
    }

    /// An environment variable. Paths in it are relative to the working directory, as if it were a file there.
    pub(super) fn variable(name: &str, working_directory: &Path) -> Self {
        Self(Arc::new(Source { path: working_directory.join(name), shown: format!("environment variable {name}") }))
    }

    /// A file that is no part of the configuration; its path is shown as it is given.
    pub(crate) fn document(path: &Path) -> Self {
        Self::file(path.to_owned(), Path::new(""))
    }

    /// An argument of the command line.
    pub fn argument(name: &str) -> Self {
        Self(Arc::new(Source { path: PathBuf::from(name), shown: format!("argument {name}") }))
    }

    /// The absolute path of the file; for an environment variable a path that names it in the working directory.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// What relative paths in this source are relative to.
    pub fn directory(&self) -> &Path {
        self.0.path.parent().unwrap_or(Path::new("/"))
    }

    /// A path that this source names, made absolute.
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        resolve(self.directory(), path.as_ref())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.shown)
    }
}

/// Joins the two and takes `.` and `..` out of the text without asking the file system, as Node's `path.resolve` does.
pub(super) fn resolve(directory: &Path, path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for component in directory.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                resolved.pop();
            }
            other => resolved.push(other),
        }
    }
    resolved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_below_the_working_directory_is_shown_relative_to_it() {
        let here = Path::new("/srv/app");
        assert_eq!(Origin::file("/srv/app/config/app-config.yaml".into(), here).to_string(), "config/app-config.yaml");
        assert_eq!(Origin::file("/etc/app-config.yaml".into(), here).to_string(), "/etc/app-config.yaml");
        assert_eq!(Origin::variable("APP_CONFIG_a", here).to_string(), "environment variable APP_CONFIG_a");
    }

    #[test]
    fn relative_paths_start_at_the_file_that_names_them() {
        let here = Path::new("/srv/app");
        let file = Origin::file("/srv/app/config/app-config.yaml".into(), here);
        assert_eq!(file.resolve("../.stagedoor"), Path::new("/srv/app/.stagedoor"));
        assert_eq!(file.resolve("./x/./y.wasm"), Path::new("/srv/app/config/x/y.wasm"));
        assert_eq!(file.resolve("/var/lib/x"), Path::new("/var/lib/x"));
        assert_eq!(file.resolve("../../../../x"), Path::new("/x"), "nothing lies above the root");
        assert_eq!(Origin::variable("APP_CONFIG_a", here).resolve("x"), Path::new("/srv/app/x"));
    }
}
