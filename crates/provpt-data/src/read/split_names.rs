//! What data sets call their splits.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::Error;

/// A split by any of its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SplitName {
    /// What is learned from.
    Train,
    /// What settings are chosen by.
    Val,
    /// What is reported.
    Test,
}

impl SplitName {
    /// In their order.
    pub(crate) const ALL: [Self; 3] = [Self::Train, Self::Val, Self::Test];

    /// All spellings, the usual one first: those that Hugging Face's libraries look for.
    pub(crate) fn spellings(self) -> &'static [&'static str] {
        match self {
            Self::Train => &["train", "training"],
            Self::Val => &["val", "validation", "valid", "dev"],
            Self::Test => &["test", "testing", "eval", "evaluation"],
        }
    }

    /// The split's file in a folder: called by any of its names, in any case, with one of the
    /// endings.
    ///
    /// # Errors
    /// [`Error::Several`] where there is more than one.
    pub(crate) fn file_in(self, folder: &Path, endings: &[&str]) -> Result<Option<PathBuf>, Error> {
        let fits = |path: &PathBuf| {
            let text = |part: Option<&OsStr>| part.and_then(OsStr::to_str).map(str::to_lowercase);
            let ending = text(path.extension()).is_some_and(|e| endings.contains(&e.as_str()));
            ending && text(path.file_stem()).is_some_and(|stem| Self::of(&stem) == Some(self))
        };
        if !folder.is_dir() {
            return Ok(None); // another layout's, or nothing
        }
        let entries = fs_err::read_dir(folder)?.flatten().map(|entry| entry.path());
        let mut found: Vec<PathBuf> = entries.filter(fits).filter(|path| path.is_file()).collect();
        found.sort();
        if found.len() > 1 {
            let names = found.iter().filter_map(|path| path.file_name());
            let got = names.map(|name| name.to_string_lossy()).collect::<Vec<_>>().join(", ");
            let split = self.spellings()[0];
            return Err(Error::Several { path: folder.to_owned(), split, got });
        }
        Ok(found.pop())
    }

    /// The split's folder in a folder, by any of its names, in any case: of several the usual one.
    pub(crate) fn folder_in(self, folder: &Path) -> Option<PathBuf> {
        let entries = fs_err::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
        let name = |path: &Path| path.file_name().and_then(OsStr::to_str).map(str::to_lowercase);
        let rank = |path: &PathBuf| {
            let name = name(path)?;
            self.spellings().iter().position(|spelling| *spelling == name)
        };
        let ranked = entries.filter_map(|path| Some((rank(&path)?, path)));
        ranked.filter(|(_, path)| path.is_dir()).min().map(|(_, path)| path)
    }

    /// The split that a word means, in any case.
    pub(crate) fn of(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase();
        Self::ALL.into_iter().find(|split| split.spellings().contains(&word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_have_many_names_in_any_case() {
        assert_eq!(SplitName::of(" Dev"), Some(SplitName::Val));
        assert_eq!(SplitName::of("trainval"), None);
        for split in SplitName::ALL {
            assert!(split.spellings().iter().all(|name| SplitName::of(name) == Some(split)));
        }
    }
}
