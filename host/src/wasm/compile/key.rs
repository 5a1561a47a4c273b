//! The key that seals compiled code: made once for each state directory, known to this user alone.

use std::{fs, io, path::Path, time::Duration};

use aws_lc_rs::rand;

use super::private;

const BYTES: usize = 32;

/// Processes that start together must agree on one key: it is put in place only where there is none.
pub(super) fn load_or_make(path: &Path) -> io::Result<Vec<u8>> {
    if !path.try_exists()? && !path.is_symlink() {
        let mut key = vec![0; BYTES];
        rand::fill(&mut key).map_err(|_| io::Error::other("no randomness"))?;
        place(&key, path, |aside, path| fs::hard_link(aside, path))?;
    }
    // Where there are no links, another process may be about to write it.
    for _ in 0..20 {
        let key = private::read_secret(path)?;
        if key.len() == BYTES {
            return Ok(key);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(io::Error::other(format!("{} is no key: delete it", path.display())))
}

/// A link puts the whole key in place at once. File systems without links (some network mounts) get the next best: a file that was not there.
fn place(key: &[u8], path: &Path, link: fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    let aside = private::write_beside(path, key)?;
    let linked = link(&aside, path);
    fs::remove_file(&aside)?;
    let placed = match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => private::write_new(path, key),
        linked => linked,
    };
    match placed {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_that_start_together_agree_on_one_key() {
        for link in [|aside: &Path, path: &Path| fs::hard_link(aside, path), |_: &Path, _: &Path| Err(io::ErrorKind::Unsupported.into())] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("key");
            place(&[1; BYTES], &path, link).unwrap();
            place(&[2; BYTES], &path, link).unwrap();
            assert_eq!(load_or_make(&path).unwrap(), [1; BYTES]);
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside it");
        }
    }
}
