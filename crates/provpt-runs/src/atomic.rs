//! Files that are either the old one or the new one, never half of each.
//!
//! The bytes go to a temporary file in the same folder, are synced to disk, and take the final
//! name by a rename. Whatever fails, the old content stays and the temporary file goes.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};

use serde::Serialize;

use crate::Error;

/// Replaces the file at `path` by `bytes`.
///
/// # Errors
/// [`Error::Write`], naming `path`, when the folder is missing or read-only or the disk is full.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    write_with(path, |file| file.write_all(bytes))
}

/// Replaces the file at `path` by `value` as indented JSON, with a newline at the end. Numbers
/// that are not finite become `null`.
///
/// # Errors
/// [`Error::Encode`] if `value` has no JSON form, else as [`write()`].
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), Error> {
    let mut json = serde_json::to_vec_pretty(value)
        .map_err(|cause| Error::Encode { path: path.to_owned(), cause })?;
    json.push(b'\n');
    write(path, &json)
}

/// Creates the folder that `path` is to lie in, and its parents, where they are missing.
///
/// # Errors
/// [`Error::CreateFolder`], naming the folder.
pub fn create_parent(path: &Path) -> Result<(), Error> {
    let folder = parent(path);
    std::fs::create_dir_all(folder)
        .map_err(|cause| Error::CreateFolder { path: folder.to_owned(), cause })
}

/// Replaces the file at `path` by what `fill` writes.
///
/// # Errors
/// As [`write()`]; an error of `fill` counts as one of writing.
pub fn write_with(
    path: &Path,
    fill: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), Error> {
    replace(path, fill).map_err(|cause| Error::Write { path: path.to_owned(), cause })
}

fn replace(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    // `make_in` instead of `NamedTempFile::new_in`: that one makes files only their owner can read.
    let mut temporary = tempfile::Builder::new()
        .prefix(".tmp-")
        .make_in(parent(path), |name| File::create_new(name))?;
    fill(temporary.as_file_mut())?;
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|failed| failed.error)?;
    sync_folder(parent(path));
    Ok(())
}

/// Makes the rename itself survive a power cut. Not every file system can; the file is whole
/// either way, so a refusal is no error.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn replaces_the_file_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write(&path, b"old").unwrap();
        write_json(&path, &[1.5, f64::NAN]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "[\n  1.5,\n  null\n]\n");
        assert_eq!(names(folder.path()), ["a.json"]);
    }

    #[test]
    fn full_disk_keeps_the_old_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        write(&path, b"old").unwrap();
        let failed = write_with(&path, |file| {
            file.write_all(b"half of the n")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        let message = failed.unwrap_err().to_string();
        assert_eq!(message, format!("{}: cannot write: no storage space", path.display()));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["metrics.jsonl"]);
    }

    #[test]
    fn value_without_json_form_keeps_the_old_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write(&path, b"old").unwrap();
        let value = BTreeMap::from([((1, 2), "keys must be strings")]);
        let message = write_json(&path, &value).unwrap_err().to_string();
        assert!(message.contains("a.json: cannot encode as JSON: "), "{message}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn parent_that_is_a_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        write(&file, b"kept").unwrap();
        let inside = file.join("result.json");
        let message = write(&inside, b"new").unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("{}: cannot write: Not a directory", inside.display())),
            "{message}"
        );
        let message = create_parent(&file.join("deeper/result.json")).unwrap_err().to_string();
        assert!(message.contains("file/deeper: cannot create the folder: "), "{message}");
        assert_eq!(fs::read(&file).unwrap(), b"kept");
    }

    #[test]
    fn target_that_is_a_folder_leaves_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("adapter")).unwrap();
        assert!(write(&folder.path().join("adapter"), b"new").is_err());
        assert_eq!(names(folder.path()), ["adapter"]);
    }

    #[test]
    fn parents_are_created_on_request_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c.txt");
        assert!(matches!(write(&path, b"x"), Err(Error::Write { .. })));
        create_parent(&path).unwrap();
        write(&path, b"x").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"x");
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_as_the_umask_says() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write(&ours, b"x").unwrap();
        fs::write(&plain, b"x").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(ours), mode(plain));
    }
}
