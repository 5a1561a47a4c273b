//! A table in a file. A change counts once two looks in a row have seen it, so that a file which is being written does not.

use std::{fs::File, io::Read, path::PathBuf};

use super::{error::TableProblem, read, source::Change, table::Table};
use crate::{config::TableFormat, found_file::FoundFile};

/// The file, and how it looked.
pub(super) struct TableFile {
    path: PathBuf,
    format: TableFormat,
    max_size: usize,
    /// How it looked when it was read; `None` if it was not there.
    seen: Option<FoundFile>,
    /// The reading failed for a reason that the file need not show when it goes away.
    again: bool,
    /// A newer reading, which counts if the file still looks the same next time.
    next: Option<(Option<FoundFile>, Result<Table, TableProblem>)>,
}

impl TableFile {
    /// Reads it for the first time.
    pub(super) fn open(path: PathBuf, format: TableFormat, max_size: usize) -> Result<(Self, Table), TableProblem> {
        let mut file = Self { path, format, max_size, seen: None, again: false, next: None };
        let (seen, table) = file.read();
        file.seen = seen;
        Ok((file, table?))
    }

    /// Looks whether it has changed.
    pub(super) fn look(&mut self) -> Change {
        let now = FoundFile::at(self.path.clone());
        if let Some((seen, table)) = self.next.take_if(|(seen, _)| *seen == now) {
            self.seen = seen;
            self.again = table.as_ref().is_err_and(TableProblem::may_pass_unseen);
            return table.map(Some);
        }
        self.next = None;
        if self.again || self.seen != now {
            self.next = Some(self.read());
        }
        Ok(None)
    }

    /// What it looks like, and what is in it; in this order, so that a change between the two is seen at the next look.
    fn read(&self) -> (Option<FoundFile>, Result<Table, TableProblem>) {
        let found = FoundFile::at(self.path.clone());
        let table = if found.is_some() { self.table() } else { Err(TableProblem::Missing(self.path.clone())) };
        (found, table)
    }

    fn table(&self) -> Result<Table, TableProblem> {
        let unreadable = |reason: String| TableProblem::Unreadable { file: self.path.clone(), reason };
        let file = File::open(&self.path).map_err(|error| unreadable(error.to_string()))?;
        // A pipe would be waited for.
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Err(unreadable("it is no file".into()));
        }
        let mut bytes = Vec::new();
        file.take(self.max_size as u64 + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() > self.max_size {
            return Err(TableProblem::TooLarge(self.max_size));
        }
        read::table(&bytes, self.format).map_err(|what| TableProblem::File { file: self.path.clone(), what })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// What a look says in a word, with the revision of another table.
    fn look(file: &mut TableFile) -> String {
        match file.look() {
            Ok(None) => "-".into(),
            Ok(Some(table)) => table.look_up("a").join(" "),
            Err(problem) => problem.to_string().replace(&file.path.display().to_string(), "FILE"),
        }
    }

    #[test]
    fn a_change_counts_once_it_has_settled() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("roles.yaml");
        let open = || TableFile::open(path.clone(), TableFormat::Yaml, 100);
        assert!(matches!(open().map(|_| ()), Err(TableProblem::Missing(_))));
        fs::create_dir(&path).unwrap();
        assert!(matches!(open().map(|_| ()), Err(TableProblem::Unreadable { .. })));
        fs::remove_dir(&path).unwrap();
        fs::write(&path, "a: one\n").unwrap();
        let (mut file, table) = open().unwrap();
        assert_eq!((table.look_up("a"), look(&mut file)), (&["one".to_owned()][..], "-".into()));

        fs::write(&path, "a: [one, two]\n").unwrap();
        assert_eq!((look(&mut file), look(&mut file), look(&mut file)), ("-".into(), "one two".into(), "-".into()));
        fs::write(&path, "a: [one\n").unwrap();
        assert_eq!(look(&mut file), "-");
        fs::write(&path, "a: [one, two, three]\n").unwrap();
        assert_eq!((look(&mut file), look(&mut file)), ("-".into(), "one two three".into()), "what was half written was never told");

        fs::write(&path, "").unwrap();
        look(&mut file);
        assert!(look(&mut file).starts_with("FILE: it is empty"));
        fs::write(&path, "x".repeat(101)).unwrap();
        look(&mut file);
        assert_eq!(look(&mut file), "it is larger than the 100 bytes of its maxSize");
        fs::remove_file(&path).unwrap();
        look(&mut file);
        assert_eq!((look(&mut file), look(&mut file)), ("FILE does not exist".into(), "-".into()));
        fs::write(&path, "a: back\n").unwrap();
        look(&mut file);
        assert_eq!(look(&mut file), "back");
    }

    /// Kubernetes updates a mounted config map by turning a link to a directory.
    #[cfg(unix)]
    #[test]
    fn a_link_that_is_turned_is_a_change() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for edition in ["one", "two"] {
            fs::create_dir(at(edition)).unwrap();
            fs::write(at(edition).join("roles.yaml"), format!("a: {edition}\n")).unwrap();
        }
        std::os::unix::fs::symlink(at("one"), at("data")).unwrap();
        let (mut file, _) = TableFile::open(at("data").join("roles.yaml"), TableFormat::Yaml, 100).unwrap();
        assert_eq!(look(&mut file), "-");
        std::os::unix::fs::symlink(at("two"), at("next")).unwrap();
        fs::rename(at("next"), at("data")).unwrap();
        assert_eq!((look(&mut file), look(&mut file)), ("-".into(), "two".into()));
    }
}
