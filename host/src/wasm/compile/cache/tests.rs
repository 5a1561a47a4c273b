use std::time::Duration;

use super::*;

fn cache() -> (tempfile::TempDir, CompileCache) {
    let directory = tempfile::tempdir().unwrap();
    let cache = CompileCache::open(directory.path()).unwrap();
    (directory, cache)
}

#[test]
fn what_was_put_comes_back_also_after_a_restart() {
    let (directory, cache) = cache();
    cache.put("sha256:aa", 1, b"code");
    assert_eq!(cache.get("sha256:aa", 1).as_deref(), Some(&b"code"[..]));
    assert_eq!(CompileCache::open(directory.path()).unwrap().get("sha256:aa", 1).as_deref(), Some(&b"code"[..]));
    assert_eq!(cache.get("sha256:aa", 2), None, "compiled for another engine");
}

#[test]
fn a_changed_cut_or_renamed_file_is_not_run() {
    let (_directory, cache) = cache();
    for spoil in [
        |sealed: &mut Vec<u8>| sealed[0] ^= 1,
        |sealed: &mut Vec<u8>| sealed.truncate(10),
        |sealed: &mut Vec<u8>| sealed.clear(),
        |sealed: &mut Vec<u8>| sealed.push(0),
    ] {
        cache.put("sha256:aa", 1, b"code");
        let mut sealed = fs::read(cache.path("sha256:aa", 1)).unwrap();
        spoil(&mut sealed);
        fs::write(cache.path("sha256:aa", 1), sealed).unwrap();
        assert_eq!(cache.get("sha256:aa", 1), None);
        assert!(!cache.path("sha256:aa", 1).exists());
    }
    cache.put("sha256:aa", 1, b"code");
    fs::rename(cache.path("sha256:aa", 1), cache.path("sha256:bb", 1)).unwrap();
    assert_eq!(cache.get("sha256:bb", 1), None);
}

#[cfg(unix)]
#[test]
fn only_the_server_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_directory, cache) = cache();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(cache.directory.clone()), 0o700);
    assert_eq!(mode(cache.directory.join("key")), 0o600);
}

#[test]
fn the_files_that_were_used_last_stay() {
    let (_directory, cache) = cache();
    let long_ago = |hours: u64| UNIX_EPOCH + SystemClock.now() - Duration::from_hours(hours);
    for nth in 0..MOST_FILES {
        cache.put(&format!("sha256:{nth}"), 1, b"code");
        let path = cache.path(&format!("sha256:{nth}"), 1);
        fs::File::options().append(true).open(path).unwrap().set_modified(long_ago(200 - u64::try_from(nth).unwrap())).unwrap();
    }
    assert!(cache.get("sha256:0", 1).is_some(), "the oldest, now in use");
    cache.put("sha256:new", 1, b"code");
    assert_eq!(cache.get("sha256:1", 1), None, "the oldest that is not");
    for kept in ["sha256:0", "sha256:2", "sha256:new"] {
        assert!(cache.get(kept, 1).is_some(), "{kept}");
    }
    assert_eq!(fs::read_dir(&cache.directory).unwrap().count(), MOST_FILES + 1, "and the key");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Why the cache does not open once this was done to a state directory of ours.
    fn refusal(spoil: impl FnOnce(&Path)) -> String {
        let directory = tempfile::tempdir().unwrap();
        drop(CompileCache::open(directory.path()).unwrap());
        spoil(directory.path());
        let error = CompileCache::open(directory.path()).err().expect("others have a hand in it").to_string();
        error.replace(&directory.path().display().to_string(), "STATE")
    }

    #[test]
    fn what_others_can_write_to_is_refused() {
        insta::assert_snapshot!(refusal(|state| set_mode(state, 0o777)), @"others may write to STATE (mode 0777): chmod it to 700");
        insta::assert_snapshot!(refusal(|state| set_mode(state, 0o770)), @"others may write to STATE (mode 0770): chmod it to 700");
        insta::assert_snapshot!(refusal(|state| set_mode(&state.join("compiled"), 0o777)), @"others may write to STATE/compiled (mode 0777): chmod it to 700");
    }

    #[test]
    fn a_key_that_somebody_else_may_know_is_refused() {
        let key = |state: &Path| state.join("compiled/key");
        insta::assert_snapshot!(refusal(|state| set_mode(&key(state), 0o666)), @"others may read or write STATE/compiled/key (mode 0666): delete it");
        insta::assert_snapshot!(refusal(|state| set_mode(&key(state), 0o640)), @"others may read or write STATE/compiled/key (mode 0640): delete it");
        insta::assert_snapshot!(refusal(|state| {
            fs::rename(key(state), state.join("elsewhere")).unwrap();
            symlink(state.join("elsewhere"), key(state)).unwrap();
        }), @"STATE/compiled/key is a symbolic link: delete it");
        insta::assert_snapshot!(refusal(|state| {
            fs::remove_file(key(state)).unwrap();
            symlink(state.join("nowhere"), key(state)).unwrap();
        }), @"STATE/compiled/key is a symbolic link: delete it");
        insta::assert_snapshot!(refusal(|state| {
            fs::remove_file(key(state)).unwrap();
            fs::create_dir(key(state)).unwrap();
        }), @"STATE/compiled/key is no file: delete it");
        insta::assert_snapshot!(refusal(|state| fs::write(key(state), "short").unwrap()), @"STATE/compiled/key is no key: delete it");
    }

    #[test]
    fn a_directory_elsewhere_is_refused() {
        insta::assert_snapshot!(refusal(|state| {
            fs::rename(state.join("compiled"), state.join("elsewhere")).unwrap();
            symlink("elsewhere", state.join("compiled")).unwrap();
        }), @"STATE/compiled is a symbolic link: delete it");
    }

    /// Only root can make a directory somebody else's.
    #[test]
    fn what_belongs_to_somebody_else_is_refused() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let given_away = |path: &Path| std::os::unix::fs::chown(path, Some(12_345), None).unwrap();
        insta::assert_snapshot!(refusal(given_away), @"STATE belongs to user 12345, not to this one (0): chown it");
        insta::assert_snapshot!(refusal(|state| given_away(&state.join("compiled/key"))), @"STATE/compiled/key belongs to user 12345, not to this one (0): delete it");
    }

    #[test]
    fn what_others_can_only_read_is_closed_to_them() {
        let directory = tempfile::tempdir().unwrap();
        drop(CompileCache::open(directory.path()).unwrap());
        set_mode(directory.path(), 0o755);
        set_mode(&directory.path().join("compiled"), 0o755);
        let cache = CompileCache::open(directory.path()).unwrap();
        assert_eq!(fs::metadata(&cache.directory).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_link_in_place_of_compiled_code_is_not_followed() {
        let (directory, cache) = cache();
        cache.put("sha256:aa", 1, b"code");
        let elsewhere = directory.path().join("elsewhere");
        fs::rename(cache.path("sha256:aa", 1), &elsewhere).unwrap();
        symlink(&elsewhere, cache.path("sha256:aa", 1)).unwrap();
        assert_eq!(cache.get("sha256:aa", 1), None);
    }
}
