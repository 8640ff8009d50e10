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

    /// All spellings, the usual one first: those that Hugging Face's libraries look for, and short
    /// ones.
    pub(crate) fn spellings(self) -> &'static [&'static str] {
        match self {
            Self::Train => &["train", "training", "trn"],
            Self::Val => &["val", "validation", "valid", "dev"],
            Self::Test => &["test", "testing", "tst", "eval", "evaluation"],
        }
    }

    /// What is told of a split that has no labels.
    pub(crate) fn unlabelled(self) -> String {
        format!("split {} has no labels: it is not used", self.spellings()[0])
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
        only(folder, self, entries.filter(fits).filter(|path| path.is_file()).collect())
    }

    /// The split's folders in a folder, by any of its names, in any case.
    pub(crate) fn folders_in(self, folder: &Path) -> Vec<PathBuf> {
        let entries = fs_err::read_dir(folder).ok().into_iter().flatten().flatten();
        let is_split = |path: &PathBuf| {
            let name = path.file_name().and_then(OsStr::to_str);
            name.is_some_and(|name| Self::of(name) == Some(self)) && path.is_dir()
        };
        let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_split).collect();
        found.sort();
        found
    }

    /// The split that a name means, in any case: `test`, `Training set`, `val2017`, and the only
    /// shard of one, `train-00000-of-00001`.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase();
        let known = |word: &str| Self::ALL.into_iter().find(|s| s.spellings().contains(&word));
        known(&name).or_else(|| known(bare(&name)?))
    }
}

/// The word in front of what is added to a split's name: of `set`, `data`, `images` and `split`, of a
/// year, and of the number of the only shard.
fn bare(name: &str) -> Option<&str> {
    const ADDED: [&str; 6] = ["dataset", "set", "data", "images", "split", "-00000-of-00001"];
    let word = ADDED.iter().find_map(|added| name.strip_suffix(added));
    let year = || {
        let (word, year) = name.split_at_checked(name.len().checked_sub(4)?)?;
        matches!(year.parse(), Ok(1990..2100)).then_some(word)
    };
    Some(word.or_else(year)?.trim_end_matches(['-', '_', ' ', '.']))
}

/// The one file that a split may have.
pub(crate) fn only(
    folder: &Path,
    split: SplitName,
    mut found: Vec<PathBuf>,
) -> Result<Option<PathBuf>, Error> {
    if found.len() < 2 {
        return Ok(found.pop());
    }
    found.sort();
    let inside = found.iter().map(|path| path.strip_prefix(folder).unwrap_or(path));
    let got = inside.map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    Err(Error::Several { path: folder.to_owned(), split: split.spellings()[0], got })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_have_many_names_in_any_case() {
        assert_eq!(SplitName::of(" Dev"), Some(SplitName::Val));
        for name in [
            "Training Set",
            "trainset",
            "train_data",
            "trn-images",
            "train2017",
            "train-00000-of-00001",
            "training_dataset",
        ] {
            assert_eq!(SplitName::of(name), Some(SplitName::Train), "{name}");
        }
        for name in [
            "trainval",
            "train station",
            "test tube",
            "train12",
            "set",
            "2017",
            "train-00000-of-00002",
            "t\u{e4}2017",
            "é17",
        ] {
            assert_eq!(SplitName::of(name), None, "{name}");
        }
        for split in SplitName::ALL {
            assert!(split.spellings().iter().all(|name| SplitName::of(name) == Some(split)));
        }
    }
}
