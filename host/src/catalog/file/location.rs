//! From targets to files: two places to look in, wildcards, and how a change is noticed.

use std::path::{Path, PathBuf};

use crate::found_file::FoundFile;

/// One item of `catalog.locations` of type `file`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogLocation {
    /// A path, or a pattern with `*`, `?`, `[…]` and `**`.
    pub target: String,
    /// The file that names it.
    pub origin: PathBuf,
    /// The place that names it, for people.
    pub named_by: String,
}

/// A location and where it may lie.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) location: CatalogLocation,
    /// Directories, the first in which something is found counts.
    bases: Vec<PathBuf>,
    /// Whether it may lead nowhere.
    pub(super) optional: bool,
}

/// What a target leads to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Expansion {
    pub(super) files: Vec<FoundFile>,
    /// The place in `bases` where they were found.
    pub(super) base: usize,
    /// Directories that a wildcard should have looked into, and why it could not.
    pub(super) unreadable: Vec<(PathBuf, String)>,
}

/// A target and what it led to when it was read.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) target: Target,
    pub(super) expansion: Expansion,
}

impl Seen {
    /// Whether it leads to the same files and they look the same.
    pub(super) fn is_current(&self) -> bool {
        self.target.expand().is_ok_and(|expansion| expansion == self.expansion)
    }
}

impl Target {
    /// From the config: relative to the working directory, as in Backstage, or else to the file that names it.
    pub(super) fn configured(location: CatalogLocation, working_directory: &Path) -> Self {
        let beside = directory_of(&location.origin);
        let mut bases = vec![working_directory.to_owned()];
        if beside != working_directory && !Path::new(&location.target).is_absolute() {
            bases.push(beside);
        }
        Self { location, bases, optional: false }
    }

    /// From an entity of kind Location: relative to its file.
    pub(super) fn beside(location: CatalogLocation, optional: bool) -> Self {
        let bases = vec![directory_of(&location.origin)];
        Self { location, bases, optional }
    }

    /// Whether it may lead to any number of files.
    pub(super) fn is_pattern(&self) -> bool {
        self.location.target.contains(['*', '?', '['])
    }

    /// Every path at which it was looked for.
    pub(super) fn candidates(&self) -> Vec<PathBuf> {
        self.bases.iter().map(|base| plain(&base.join(&self.location.target))).collect()
    }

    /// Looks for its files, in alphabetical order. An error says what is wrong with the pattern.
    pub(super) fn expand(&self) -> Result<Expansion, &'static str> {
        let mut unreadable = Vec::new();
        for (base, path) in self.candidates().into_iter().enumerate() {
            let files = match FoundFile::at(path) {
                Some(file) => vec![file],
                None if self.is_pattern() => self.matches(base, &mut unreadable)?,
                None => Vec::new(),
            };
            if !files.is_empty() {
                return Ok(Expansion { files, base, unreadable });
            }
        }
        Ok(Expansion { unreadable, ..Expansion::default() })
    }

    fn matches(&self, base: usize, unreadable: &mut Vec<(PathBuf, String)>) -> Result<Vec<FoundFile>, &'static str> {
        // As in Backstage: a wildcard matches neither a separator nor the dot of a hidden file. Characters of the directory are only themselves.
        let options = glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };
        let pattern = if Path::new(&self.location.target).is_absolute() {
            self.location.target.clone()
        } else {
            format!("{}/{}", glob::Pattern::escape(&self.bases[base].to_string_lossy()), self.location.target)
        };
        let mut files = Vec::new();
        for path in glob::glob_with(&pattern, options).map_err(|error| error.msg)? {
            match path {
                Ok(path) if path.is_dir() => {}
                Ok(path) => files.extend(FoundFile::at(plain(&path))),
                Err(error) => unreadable.push((error.path().to_owned(), error.error().to_string())),
            }
        }
        Ok(files)
    }
}

fn directory_of(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).to_owned()
}

/// The path without `.` in it, as people write it.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn directory(files: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        directory
    }

    fn expand(target: &str, origin: &Path, working_directory: &Path) -> (Vec<String>, usize) {
        let location = CatalogLocation { target: target.into(), origin: origin.into(), named_by: String::new() };
        let expansion = Target::configured(location, working_directory).expand().unwrap();
        let relative = |file: &FoundFile| file.path.strip_prefix(working_directory).unwrap().to_str().unwrap().to_owned();
        (expansion.files.iter().map(relative).collect(), expansion.base)
    }

    #[test]
    fn wildcards_find_files_in_order_and_nothing_hidden() {
        let directory = directory(&["org/b.yaml", "org/a.yaml", "org/.c.yaml", "org/d.yaml/e", "org/deep/f.yaml", "org/a.txt"]);
        let root = directory.path();
        let expand = |target| expand(target, &root.join("app-config.yaml"), root).0;
        assert_eq!(expand("./org/*.yaml"), ["org/a.yaml", "org/b.yaml"]);
        assert_eq!(expand("org/[ab].yaml"), ["org/a.yaml", "org/b.yaml"]);
        assert_eq!(expand("org/?.txt"), ["org/a.txt"]);
        assert_eq!(expand("**/*.yaml"), ["org/a.yaml", "org/b.yaml", "org/deep/f.yaml"]);
        assert_eq!(expand("org/*.json"), [""; 0]);
    }

    #[test]
    fn the_working_directory_comes_before_the_file_that_names_it() {
        let directory = directory(&["a.yaml", "conf/a.yaml", "conf/b.yaml"]);
        let expand = |target| expand(target, &directory.path().join("conf/app-config.yaml"), directory.path());
        assert_eq!(expand("a.yaml"), (vec!["a.yaml".into()], 0));
        assert_eq!(expand("b.yaml"), (vec!["conf/b.yaml".into()], 1));
        assert_eq!(expand("[b].yaml"), (vec!["conf/b.yaml".into()], 1));
    }

    #[test]
    fn what_looks_like_a_pattern_may_be_a_name() {
        let directory = directory(&["[x]/a.yaml", "[x]/[a].yaml"]);
        let base = directory.path().join("[x]");
        let expand = |target| expand(target, &base.join("app-config.yaml"), &base).0;
        assert_eq!(expand("*.yaml"), ["[a].yaml", "a.yaml"]);
        assert_eq!(expand("[a].yaml"), ["[a].yaml"]);
    }

    #[test]
    fn a_pattern_without_sense_is_an_error() {
        let location = CatalogLocation { target: "a[".into(), origin: "app-config.yaml".into(), named_by: String::new() };
        assert!(Target::configured(location, Path::new("/")).expand().is_err());
    }
}
