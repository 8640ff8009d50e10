//! What tells a Parquet data set.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

/// `config/train/0000.parquet` is the deepest in use.
const DEPTH: usize = 3;

/// Whether a file is taken for Parquet.
pub(crate) fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

/// The first Parquet file in a folder, or in its subfolders.
pub(crate) fn sign(folder: &Path) -> Option<String> {
    let first = walk(folder).next()?;
    Some(first.strip_prefix(folder).unwrap_or(&first).display().to_string())
}

/// Parquet files, hidden ones left out.
pub(super) fn walk(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let visible = |entry: &DirEntry| {
        entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    let entries = WalkDir::new(folder).follow_links(true).max_depth(DEPTH).sort_by_file_name();
    let entries = entries.into_iter().filter_entry(visible).flatten();
    let files = entries.filter(|entry| entry.file_type().is_file() && is_parquet(entry.path()));
    files.map(DirEntry::into_path)
}
