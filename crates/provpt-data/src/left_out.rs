//! Files that lie among images and cannot be read as such: counted and named, never passed over in
//! silence.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use provpt_image::FileKind;

use provpt_base::quoted;

/// Files of one kind that are named; the others are counted.
const NAMED: usize = 3;

/// What was left out of a folder of images.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// By what they are.
    files: BTreeMap<&'static str, Vec<PathBuf>>,
}

impl LeftOut {
    /// A file that is no image that can be read, or one that belongs to no class.
    pub(crate) fn add(&mut self, path: &Path, kind: FileKind) {
        let kind = match kind {
            FileKind::OtherImage(name) => name,
            FileKind::Image => "in no class folder",
            FileKind::Other => "of other kinds",
        };
        self.files.entry(kind).or_default().push(path.to_owned());
    }

    /// Adds what was left out elsewhere.
    pub(crate) fn append(&mut self, other: Self) {
        for (kind, mut files) in other.files {
            self.files.entry(kind).or_default().append(&mut files);
        }
    }

    /// The same, named as seen from a folder.
    pub(crate) fn seen_from(mut self, folder: &Path) -> Self {
        for path in self.files.values_mut().flatten() {
            if let Ok(inside) = path.strip_prefix(folder) {
                *path = inside.to_owned();
            }
        }
        self
    }

    /// Number of files.
    pub fn len(&self) -> usize {
        self.files.values().map(Vec::len).sum()
    }

    /// True when nothing was left out.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// `left out 7 files: 5 AVIF (a/1.avif, a/2.avif, a/3.avif, ...), 2 of other kinds (a/notes.txt, b/x)`.
impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<String> = self.files.iter().map(|(kind, files)| one(kind, files)).collect();
        let files = if self.len() == 1 { "file" } else { "files" };
        write!(f, "left out {} {files}: {}", self.len(), kinds.join(", "))
    }
}

fn one(kind: &str, files: &[PathBuf]) -> String {
    let named: Vec<String> = files.iter().take(NAMED).map(|p| quoted(p).to_string()).collect();
    let more = if files.len() > NAMED { ", ..." } else { "" };
    format!("{} {kind} ({}{more})", files.len(), named.join(", "))
}
