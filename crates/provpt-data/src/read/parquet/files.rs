//! Which Parquet files a data set has, and what split each belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::ParquetError;
use super::sign::walk;
use crate::read::split_names::SplitName;

/// The files of a data set.
pub(super) struct Files {
    /// The shards of each split, in order.
    pub(super) splits: BTreeMap<SplitName, Vec<PathBuf>>,
    /// Files that are called like no split, where others are called like `train`; seen from the
    /// folder.
    pub(super) unused: Vec<PathBuf>,
}

/// A file belongs to the split that its name or else one of its folders names
/// (`train-00000-of-00002.parquet`, `validation/0000.parquet`), else to `train` if no file is
/// called so.
pub(super) fn find(folder: &Path) -> Result<Files, ParquetError> {
    let mut splits = BTreeMap::<SplitName, Vec<PathBuf>>::new();
    let mut nameless = Vec::new();
    let mut configs = BTreeSet::new();
    for path in walk(folder) {
        let inside = path.strip_prefix(folder).unwrap_or(&path).with_extension("");
        let mut names: Vec<_> = inside.iter().map(|name| name.to_string_lossy()).collect();
        let split = names.iter().rev().find_map(|name| split_in(name));
        names.pop();
        names.retain(|name| name != "data" && split_in(name).is_none());
        configs.insert(names.join("/"));
        match split {
            Some(split) => splits.entry(split).or_default().push(path),
            None => nameless.push(path),
        }
    }
    if configs.len() > 1 {
        let here = |config: String| if config.is_empty() { ".".to_owned() } else { config };
        let found = configs.into_iter().map(here).collect::<Vec<_>>().join(", ");
        return Err(ParquetError::Configs { path: folder.to_owned(), found });
    }
    // Files without a split's name are train where no file is called so.
    let named = splits.contains_key(&SplitName::Train);
    let (train, unused) = if named { (Vec::new(), nameless) } else { (nameless, Vec::new()) };
    if !train.is_empty() {
        splits.insert(SplitName::Train, train);
    }
    let inside = |path: PathBuf| path.strip_prefix(folder).map(Path::to_owned).unwrap_or(path);
    let unused = unused.into_iter().map(inside).collect();
    splits.values().try_for_each(|paths| complete(paths))?;
    Ok(Files { splits, unused })
}

/// The split that a word of a file's or folder's name means.
fn split_in(name: &str) -> Option<SplitName> {
    name.split(|c: char| !c.is_alphanumeric()).find_map(SplitName::of)
}

/// Files called `NAME-00001-of-00004` must all be there.
fn complete(paths: &[PathBuf]) -> Result<(), ParquetError> {
    let mut series = BTreeMap::<_, BTreeSet<usize>>::new();
    for path in paths {
        if let Some((name, number, shards)) = numbered(path) {
            series.entry((path.parent(), name, shards)).or_default().insert(number);
        }
    }
    for ((folder, name, shards), numbers) in series {
        let got = numbers.iter().filter(|&&number| number < shards).count();
        if got != shards || got != numbers.len() {
            let first = numbers.first().copied().unwrap_or_default();
            let file = format!("{name}-{first:05}-of-{shards:05}.parquet");
            let path = folder.unwrap_or(Path::new("")).join(file);
            return Err(ParquetError::MissingShards { path, shards, got });
        }
    }
    Ok(())
}

/// `(NAME, 1, 4)` of `NAME-00001-of-00004.parquet` and `NAME-00001-of-00004-0a1b2c.parquet`.
fn numbered(path: &Path) -> Option<(String, usize, usize)> {
    let stem = path.file_stem()?.to_str()?;
    let (before, after) = stem.rsplit_once("-of-")?;
    let (name, number) = before.rsplit_once('-')?;
    let shards = after.split('-').next()?;
    Some((name.to_owned(), number.parse().ok()?, shards.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::sign;
    use super::*;

    fn found(files: &[&str]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "").unwrap();
        }
        assert_eq!(sign(folder.path()).is_some(), files.iter().any(|f| f.ends_with(".parquet")));
        let root = format!("{}/", folder.path().display());
        match find(folder.path()) {
            Err(error) => {
                Err(error.to_string().replace(&root, "").replace(&root[..root.len() - 1], "F"))
            }
            Ok(Files { splits, unused }) => {
                let paths = |paths: Vec<PathBuf>| {
                    let inside =
                        paths.iter().map(|path| path.display().to_string().replace(&root, ""));
                    inside.collect::<Vec<_>>().join(" ")
                };
                let splits =
                    splits.into_iter().map(|(split, all)| format!("{split:?}: {}", paths(all)));
                let unused = unused.iter().map(|path| format!("unused: {}", path.display()));
                Ok(splits.chain(unused).collect::<Vec<_>>().join("; "))
            }
        }
    }

    #[test]
    fn names_and_folders_tell_the_split() {
        let files = [
            "data/train-00000-of-00002-9f.parquet",
            "data/train-00001-of-00002-3a.parquet",
            "data/validation-00000-of-00001.parquet",
            "data/test-00000-of-00001.parquet",
            "README.md",
        ];
        let expected = "Train: data/train-00000-of-00002-9f.parquet data/train-00001-of-00002-3a.parquet; \
            Val: data/validation-00000-of-00001.parquet; Test: data/test-00000-of-00001.parquet";
        assert_eq!(found(&files).unwrap(), expected);
        let files = ["default/train/0000.parquet", "default/test/0000.parquet", ".cache/x.parquet"];
        let expected = "Train: default/train/0000.parquet; Test: default/test/0000.parquet";
        assert_eq!(found(&files).unwrap(), expected);
        assert_eq!(found(&["a.parquet", "b.parquet"]).unwrap(), "Train: a.parquet b.parquet");
        assert_eq!(found(&["my_dev_set.parquet"]).unwrap(), "Val: my_dev_set.parquet");
        let files = ["data/extra.parquet", "data/TRAIN.parquet", "data/Valid.parquet"];
        let expected =
            "Train: data/TRAIN.parquet; Val: data/Valid.parquet; unused: data/extra.parquet";
        assert_eq!(found(&files).unwrap(), expected);
        let files = ["data/0.parquet", "data/test.parquet"];
        assert_eq!(found(&files).unwrap(), "Train: data/0.parquet; Test: data/test.parquet");
        assert_eq!(found(&["a/b/c/deep.parquet.d/x", "readme"]).unwrap(), "");
    }

    #[test]
    fn several_data_sets_and_missing_shards_are_refused() {
        let message = found(&["full/train.parquet", "small/data/train.parquet", "x.parquet"]);
        assert_eq!(message.unwrap_err(), "F: expected one data set, got ., full, small");
        let message = found(&["train-00000-of-00003.parquet", "train-00002-of-00003.parquet"]);
        let missing = "missing shards: expected 3, got 2";
        assert_eq!(message.unwrap_err(), format!("train-00000-of-00003.parquet: {missing}"));
        let message = found(&["train-00000-of-00001.parquet", "train-00001-of-00001.parquet"]);
        let missing = "missing shards: expected 1, got 1";
        assert_eq!(message.unwrap_err(), format!("train-00000-of-00001.parquet: {missing}"));
    }
}
