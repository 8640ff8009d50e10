//! Images in a folder, and all that is in the way: other files, junk, links that lead nowhere.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use provpt_image::{FileKind, is_image_name};
use walkdir::{DirEntry, WalkDir};

use crate::Error;
use crate::left_out::LeftOut;

/// Folders that archives and file systems leave behind, which nobody meant as data.
const JUNK: [&str; 6] = [
    "__MACOSX",
    "__pycache__",
    "@eaDir",
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
];

/// Endings of copies that programs keep: not images, though their bytes are.
const COPIES: [&str; 7] = ["bak", "crdownload", "old", "orig", "part", "swp", "tmp"];

/// What a look into folders found.
#[derive(Debug, Default)]
pub struct Walked {
    /// Image files at any depth, sorted: told by their name's ending, else by their content.
    pub images: Vec<PathBuf>,
    /// Other files, hidden ones apart.
    pub left_out: LeftOut,
    /// Links that lead nowhere or in circles, folders that cannot be read.
    pub problems: Vec<Error>,
}

/// Looks for images in a folder and all folders in it.
pub fn images_in(folder: &Path) -> Walked {
    let mut walked = Walked::default();
    for entry in walk(folder).min_depth(1).into_iter().filter_entry(is_data) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => walked.file(entry.into_path()),
            Ok(_) => {}
            Err(error) => walked.problems.extend(problem(&error)),
        }
    }
    walked
}

impl Walked {
    /// Puts a file where it belongs.
    fn file(&mut self, path: PathBuf) {
        match kind(&path) {
            Ok(FileKind::Image) => self.images.push(path),
            Ok(other) => self.left_out.add(&path, other),
            Err(error) => self.problems.push(error.into()),
        }
    }
}

/// What a file is: by its ending where that is a usual one, so that a damaged image is told as
/// such, else by its content.
fn kind(path: &Path) -> std::io::Result<FileKind> {
    if is_image_name(path) {
        return Ok(FileKind::Image);
    }
    let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    let copy = COPIES.iter().any(|copy| ending.eq_ignore_ascii_case(copy)) || ending.ends_with('~');
    if copy { Ok(FileKind::Other) } else { FileKind::of_file(path) }
}

/// A folder right in another. Its name need not be text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subfolder {
    /// As text.
    pub(super) name: String,
    pub(super) path: PathBuf,
}

/// What is right in a folder, sorted by name.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) folders: Vec<Subfolder>,
    pub(super) files: Vec<PathBuf>,
    /// As of [`Walked`].
    pub(super) problems: Vec<Error>,
}

/// Lists a folder, without what is hidden or junk.
pub(super) fn list(folder: &Path) -> Listed {
    let mut listed = Listed::default();
    for entry in walk(folder).min_depth(1).max_depth(1).into_iter().filter_entry(is_data) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {
                let name = entry.file_name().to_string_lossy().into_owned();
                listed.folders.push(Subfolder { name, path: entry.into_path() });
            }
            Ok(entry) if entry.file_type().is_file() => listed.files.push(entry.into_path()),
            Ok(_) => {}
            Err(error) => listed.problems.extend(problem(&error)),
        }
    }
    listed
}

/// Images among the files right in a folder, also those that cannot be read.
pub(super) fn loose(files: Vec<PathBuf>) -> LeftOut {
    let mut left_out = LeftOut::default();
    for path in files {
        match kind(&path) {
            Ok(FileKind::Other) | Err(_) => {}
            Ok(kind) => left_out.add(&path, kind),
        }
    }
    left_out
}

fn walk(folder: &Path) -> WalkDir {
    WalkDir::new(folder).follow_links(true).sort_by_file_name()
}

/// Neither hidden nor junk.
fn is_data(entry: &DirEntry) -> bool {
    is_data_name(entry.file_name())
}

fn is_data_name(name: &OsStr) -> bool {
    !name.as_encoded_bytes().starts_with(b".") && !JUNK.iter().any(|junk| name == *junk)
}

/// What an entry that cannot be followed is; nothing where it is hidden.
fn problem(error: &walkdir::Error) -> Option<Error> {
    let path = error.path().unwrap_or(Path::new(""));
    if !path.file_name().is_none_or(is_data_name) {
        return None;
    }
    let link = |got: String| Some(Error::Link { path: path.to_owned(), got });
    if let Some(ancestor) = error.loop_ancestor() {
        return link(format!("a link back to {}", ancestor.display()));
    }
    let cause = error.io_error()?;
    if path.is_symlink() && cause.kind() == std::io::ErrorKind::NotFound {
        return link("a link to nothing".to_owned());
    }
    let cause = std::io::Error::new(cause.kind(), format!("{}: {cause}", path.display()));
    Some(Error::Io(cause))
}
