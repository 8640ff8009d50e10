//! Where results may go: not among the data that they are made of.

use std::path::{Component, Path, PathBuf};

use crate::Error;

/// Refuses an output that is the data's folder or lies in it: it would be read as data the next
/// time, a run's folder as a class.
///
/// # Errors
/// [`Error::OutputInData`]; the working folder is not there.
pub fn keep_apart(input: &Path, output: &Path) -> Result<(), Error> {
    if !input.is_dir() || !settled(output)?.starts_with(settled(input)?) {
        return Ok(());
    }
    Err(Error::OutputInData { output: output.to_owned(), input: input.to_owned() })
}

/// An absolute path without links, as far as it exists already, and without dots.
fn settled(path: &Path) -> Result<PathBuf, Error> {
    let path = std::path::absolute(path)?;
    let mut settled = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                settled.pop();
            }
            part => settled.push(part),
        }
        if let Ok(real) = settled.canonicalize() {
            settled = real;
        }
    }
    Ok(settled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_in_the_data_are_refused_however_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("photos");
        fs_err::create_dir_all(data.join("red")).unwrap();
        let refused = |output: PathBuf| keep_apart(&data, &output).is_err();
        for inside in ["", "out", "red/out", "red/../out", "../photos/out", "../new/../photos"] {
            assert!(refused(data.join(inside)), "{inside}");
        }
        for outside in ["../out", "../photos2", "red/../../out", ".."] {
            assert!(!refused(data.join(outside)), "{outside}");
        }
        assert!(!refused(folder.path().join("photos-out")));
        assert!(keep_apart(&data.join("gone"), &data.join("gone/x")).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("photos");
        fs_err::create_dir(&data).unwrap();
        std::os::unix::fs::symlink(&data, folder.path().join("link")).unwrap();
        assert!(keep_apart(&folder.path().join("link"), &data.join("out")).is_err());
        assert!(keep_apart(&data, &folder.path().join("link/out")).is_err());
    }
}
