//! Keeps a folder of prepared images from growing for ever. Only files that are named as ours are
//! touched; one that is mapped may go, too: who has mapped it keeps it.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use fs_err::File;

/// How a file in the making is named.
pub(crate) const PART: [&str; 2] = [".provpt-", ".part"];
/// How a file is named, behind its key.
pub(crate) const WHOLE: &str = ".pixels";
/// A part that is written to is younger: where locks do not work, age must do.
const SILENCE: Duration = Duration::from_secs(3600);

/// Removes parts whose makers are gone: nobody holds their lock, and nobody has written to them for
/// an hour.
pub(crate) fn remove_abandoned(folder: &Path) {
    for (path, file) in files(folder, |name| name.starts_with(PART[0]) && name.ends_with(PART[1])) {
        let silent = file.used.elapsed().is_ok_and(|time| time > SILENCE);
        let unlocked = || File::open(&path).is_ok_and(|part| part.file().try_lock().is_ok());
        if silent && unlocked() {
            let _ = fs_err::remove_file(&path);
        }
    }
}

/// Removes files, those unused for longest first, until all together have at most `most` bytes;
/// `new` stays in any case.
pub(crate) fn limit(folder: &Path, most: u64, new: &Path) {
    let mut files = files(folder, |name| name.ends_with(WHOLE));
    files.sort_by_key(|(_, file)| file.used);
    let mut total: u64 = files.iter().map(|(_, file)| file.bytes).sum();
    for (path, file) in files.iter().filter(|(path, _)| path != new) {
        if total <= most {
            break;
        }
        if fs_err::remove_file(path).is_ok() {
            total -= file.bytes;
        }
    }
}

/// Notes that a file is used now. Where that is not allowed, it looks older than it is.
pub(crate) fn used(file: &std::fs::File) {
    let _ = file.set_modified(SystemTime::now());
}

struct Facts {
    bytes: u64,
    used: SystemTime,
}

/// Files by name; what cannot be looked at is left out.
fn files(folder: &Path, ours: impl Fn(&str) -> bool) -> Vec<(PathBuf, Facts)> {
    let entries = fs_err::read_dir(folder).into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_str().is_some_and(&ours));
    let facts = |entry: fs_err::DirEntry| {
        let meta = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some((entry.path(), Facts { bytes: meta.len(), used: meta.modified().ok()? }))
    };
    named.filter_map(facts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file that was used some hours ago.
    fn make(folder: &Path, name: &str, bytes: usize, hours: u64) -> PathBuf {
        let path = folder.join(name);
        fs_err::write(&path, vec![0; bytes]).unwrap();
        let time = SystemTime::now() - Duration::from_secs(3600 * hours);
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(time).unwrap();
        path
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs_err::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn only_abandoned_parts_go() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), ".provpt-old.part", 5, 2);
        make(folder.path(), ".provpt-new.part", 5, 0);
        make(folder.path(), ".other.part", 5, 2);
        make(folder.path(), "a.pixels", 5, 200);
        let locked = make(folder.path(), ".provpt-held.part", 5, 2);
        let held = std::fs::File::open(&locked).unwrap();
        held.lock().unwrap();
        remove_abandoned(folder.path());
        let left = [".other.part", ".provpt-held.part", ".provpt-new.part", "a.pixels"];
        assert_eq!(names(folder.path()), left);
        drop(held);
        remove_abandoned(folder.path());
        assert_eq!(names(folder.path()), [".other.part", ".provpt-new.part", "a.pixels"]);
        remove_abandoned(&folder.path().join("none"));
    }

    #[test]
    fn what_is_unused_for_longest_goes_first_and_the_new_one_never() {
        let folder = tempfile::tempdir().unwrap();
        for (name, hours) in [("b.pixels", 2), ("c.pixels", 9), ("d.pixels", 1), ("mine.txt", 99)] {
            make(folder.path(), name, 10, hours);
        }
        let new = make(folder.path(), "a.pixels", 10, 50);
        limit(folder.path(), 40, &new);
        assert_eq!(names(folder.path()).len(), 5);
        limit(folder.path(), 39, &new);
        assert_eq!(names(folder.path()), ["a.pixels", "b.pixels", "d.pixels", "mine.txt"]);
        used(&std::fs::File::open(folder.path().join("b.pixels")).unwrap());
        limit(folder.path(), 20, &new);
        assert_eq!(names(folder.path()), ["a.pixels", "b.pixels", "mine.txt"]);
        limit(folder.path(), 3, &new);
        assert_eq!(names(folder.path()), ["a.pixels", "mine.txt"]);
    }
}
