//! Files that nobody else may have a hand in: what stands in them is run as native code.
//!
//! Checked once, when the cache is opened: whoever cannot write to a directory cannot put anything into it later.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use aws_lc_rs::rand;

/// Makes the directory (0700) where it is missing. Fails if others could write to it.
pub(super) fn directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)?;
    check_directory(path)
}

/// The same for a directory that holds nothing but secrets: it must not be a link, and others may not read it either.
pub(super) fn secret_directory(path: &Path) -> io::Result<()> {
    if path.is_symlink() {
        return Err(is_link(path));
    }
    directory(path)?;
    close_to_others(path)
}

/// Opens an existing file for reading, but no link.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    options.read(true).open(path).map_err(|error| if path.is_symlink() { is_link(path) } else { error })
}

/// The content of a file that must be known to nobody else.
pub(super) fn read_secret(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    check_secret(path, &file)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file (0600) that must not be there yet.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Writes a file beside this one. Its name is random: in containers every process has the number 1, and volumes are shared.
pub(super) fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut name = [0; 16];
    rand::fill(&mut name).map_err(|_| io::Error::other("no randomness"))?;
    let aside = path.with_extension(format!("{:032x}", u128::from_ne_bytes(name)));
    match write_new(&aside, bytes) {
        Ok(()) => Ok(aside),
        Err(error) => {
            let _ = fs::remove_file(&aside);
            Err(error)
        }
    }
}

fn is_link(path: &Path) -> io::Error {
    refusal(format!("{} is a symbolic link: delete it", path.display()))
}

fn refusal(text: String) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, text)
}

#[cfg(unix)]
fn check_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path)?;
    let (shown, own) = (path.display(), rustix::process::geteuid().as_raw());
    if metadata.uid() != own {
        let owner = metadata.uid();
        return Err(refusal(format!("{shown} belongs to user {owner}, not to this one ({own}): chown it")));
    }
    if metadata.mode() & 0o022 != 0 {
        let mode = metadata.mode() & 0o777;
        return Err(refusal(format!("others may write to {shown} (mode {mode:04o}): chmod it to 700")));
    }
    Ok(())
}

#[cfg(unix)]
fn close_to_others(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(unix)]
fn check_secret(path: &Path, file: &File) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata()?;
    let own = rustix::process::geteuid().as_raw();
    if !metadata.is_file() {
        return Err(refusal(format!("{} is no file: delete it", path.display())));
    }
    if metadata.uid() != own {
        return Err(refusal(format!("{} belongs to user {}, not to this one ({own}): delete it", path.display(), metadata.uid())));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(refusal(format!("others may read or write {} (mode {:04o}): delete it", path.display(), metadata.mode() & 0o777)));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn check_secret(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}
