//! Which tables a folder has.

use std::path::{Path, PathBuf};

use super::{EXTENSIONS, Table, splits};
use crate::Error;
use crate::read::rows::{List, Lists};
use crate::read::split_names::SplitName;

/// The training table of a folder, or its metadata with labels.
pub(crate) fn sign(folder: &Path) -> Option<String> {
    let table = match table_of(folder, SplitName::Train) {
        Ok(Some(table)) => table,
        Ok(None) => {
            let labelled = metadata(folder).into_iter().find(|(_, path)| Table::is_labelled(path));
            labelled?.1
        }
        // Reading tells what is wrong.
        Err(_) => return Some("several training tables".to_owned()),
    };
    Some(table.strip_prefix(folder).unwrap_or(&table).display().to_string())
}

/// Reads all tables of a folder.
pub(super) fn read(folder: &Path) -> Result<(Lists, Vec<Error>), Error> {
    if let Some(train) = table_of(folder, SplitName::Train)? {
        let others = [SplitName::Val, SplitName::Test];
        let [val, test] = others.map(|split| table_of(folder, split));
        return separate(train, val?, test?);
    }
    let tables = metadata(folder);
    if let Some((None, path)) = tables.first() {
        return splits::by_column_or_path(path, Table::read(path)?);
    }
    let of = |wanted| tables.iter().find(|(split, _)| *split == Some(wanted)).map(|t| t.1.clone());
    let train = of(SplitName::Train).ok_or_else(|| Error::Layout { path: folder.to_owned() })?;
    separate(train, of(SplitName::Val), of(SplitName::Test))
}

/// A table for each split.
fn separate(
    train: PathBuf,
    val: Option<PathBuf>,
    test: Option<PathBuf>,
) -> Result<(Lists, Vec<Error>), Error> {
    let mut problems = Vec::new();
    let mut list = |path: PathBuf| -> Result<List, Error> {
        let mut table = Table::read(&path)?;
        problems.append(&mut table.problems);
        Ok(List { path, rows: table.entries.into_iter().map(|entry| entry.row).collect() })
    };
    let train = list(train)?;
    let (val, test) = (val.map(&mut list).transpose()?, test.map(list).transpose()?);
    Ok((Lists { train, val, test, val_is_learned: false }, problems))
}

/// `train.csv`, `training.jsonl`, ...: the only one there may be.
fn table_of(folder: &Path, split: SplitName) -> Result<Option<PathBuf>, Error> {
    split.file_in(folder, &EXTENSIONS)
}

/// `metadata.csv` or `metadata.jsonl` of the folder, else of the folders of splits.
fn metadata(folder: &Path) -> Vec<(Option<SplitName>, PathBuf)> {
    let here = |folder: &Path| {
        let paths = ["metadata.csv", "metadata.jsonl"].map(|name| folder.join(name));
        paths.into_iter().find(|path| path.is_file())
    };
    if let Some(path) = here(folder) {
        return vec![(None, path)];
    }
    let of = |split: SplitName| here(&split.folder_in(folder)?).map(|path| (Some(split), path));
    SplitName::ALL.into_iter().filter_map(of).collect()
}
