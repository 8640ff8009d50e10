//! The cache that Hugging Face's libraries keep: `models--owner--name/refs/REVISION` holds a
//! commit, `snapshots/COMMIT/` its files.

use std::path::{Path, PathBuf};

use super::choice::{self, choose};
use super::reference::Reference;
use crate::error::Error;
use crate::weights::read::shards;
use crate::weights::source::names;

/// A reference's file, if the cache has it (of a checkpoint in parts: all of them).
pub(super) fn find(cache: &Path, reference: &Reference<'_>) -> Result<Option<PathBuf>, Error> {
    let folder = cache.join(reference.folder());
    let Some(snapshot) = snapshot(&folder, reference.revision) else { return Ok(None) };
    let file = match reference.file {
        Some(file) => Some(file.to_owned()),
        None => choose(&names(&snapshot)?).map(str::to_owned),
    };
    let path = file.map(|file| snapshot.join(file)).filter(|path| path.is_file());
    match path {
        Some(path) if shards::is_index(&path) => {
            let whole = shards::files(&path)?.iter().all(|shard| shard.is_file());
            Ok(whole.then_some(path))
        }
        path => Ok(path),
    }
}

/// The folder of a revision: a branch or tag by its commit, or a commit.
fn snapshot(folder: &Path, revision: &str) -> Option<PathBuf> {
    let commit = fs_err::read_to_string(folder.join("refs").join(revision)).ok();
    let commit = commit.as_deref().map_or(revision, str::trim);
    let is_commit = !commit.is_empty() && commit.chars().all(|c| c.is_ascii_alphanumeric());
    Some(folder.join("snapshots").join(commit)).filter(|path| is_commit && path.is_dir())
}

/// The error of a file that is not there.
pub(super) fn absent(cache: &Path, reference: &Reference<'_>, why: &'static str) -> Error {
    let expected = reference.file.unwrap_or(choice::EXPECTED);
    Error::NotCached {
        reference: reference.text.to_owned(),
        expected: format!("{expected} (revision {})", reference.revision),
        folder: cache.join(reference.folder()),
        why,
    }
}
