//! Image files named on the command line.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::failure::Failure;

/// What the decoders read.
const EXTENSIONS: [&str; 8] = ["bmp", "gif", "jpg", "jpeg", "png", "tif", "tiff", "webp"];

/// The files as given, and the image files of folders at any depth, sorted.
pub(crate) fn collect(given: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for path in given {
        if path.is_dir() {
            all.extend(walk(path)?);
        } else if path.is_file() {
            all.push(path.clone());
        } else {
            let path = path.display();
            return Err(Failure::usage(format!(
                "{path}: missing image: expected an image or a folder, got nothing"
            )));
        }
    }
    Ok(all)
}

fn walk(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut images = Vec::new();
    let entries = WalkDir::new(folder).follow_links(true).sort_by_file_name().min_depth(1);
    for entry in entries.into_iter().filter_entry(visible) {
        let entry = entry.map_err(std::io::Error::from)?;
        if entry.file_type().is_file() && is_image(entry.path()) {
            images.push(entry.into_path());
        }
    }
    if images.is_empty() {
        let (folder, endings) = (folder.display(), EXTENSIONS.join(", "));
        return Err(Failure::usage(format!(
            "{folder}: no images: expected files ending in {endings}, got none"
        )));
    }
    Ok(images)
}

fn visible(entry: &DirEntry) -> bool {
    !entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|e| EXTENSIONS.iter().any(|known| e.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_walked_in_order_and_files_kept_as_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["b/2.JPG", "b/1.png", "a.webp", "notes.txt", ".cache/x.png", "b/.y.png"] {
            fs_err::create_dir_all(path(name).parent().unwrap()).unwrap();
            fs_err::write(path(name), "").unwrap();
        }
        let all = collect(&[path("notes.txt"), folder.path().to_owned()]).unwrap();
        let expected = ["notes.txt", "a.webp", "b/1.png", "b/2.JPG"].map(path);
        assert_eq!(all, expected);
    }

    #[test]
    fn nothing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let message = collect(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(message.contains(": no images: expected files ending in bmp, gif,"), "{message}");
        let message = collect(&["no/such.png".into()]).unwrap_err().to_string();
        let expected = "missing image: expected an image or a folder, got nothing";
        assert_eq!(message, format!("no/such.png: {expected}"));
    }
}
