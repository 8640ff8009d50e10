//! Which tables a folder has.

use std::path::{Path, PathBuf};

use provpt_base::quoted;

use super::{EXTENSIONS, Table, Tables, splits};
use crate::Error;
use crate::read::rows::{List, Lists};
use crate::read::split_names::{SplitName, only};
use crate::read::unused;

/// The training table of a folder, or its metadata with labels.
pub(crate) fn sign(folder: &Path) -> Option<String> {
    let table = match table_of(folder, SplitName::Train) {
        Ok(Some(table)) => table,
        Ok(None) => match metadata(folder) {
            Ok(found) => found.into_iter().find(|(_, path)| Table::is_labelled(path))?.1,
            Err(_) => return Some("several files of metadata".to_owned()),
        },
        // Reading tells what is wrong.
        Err(_) => return Some("several training tables".to_owned()),
    };
    Some(table.strip_prefix(folder).unwrap_or(&table).display().to_string())
}

/// Reads all tables of a folder.
pub(super) fn read(folder: &Path) -> Result<Tables, Error> {
    if let Some(train) = table_of(folder, SplitName::Train)? {
        let (val, test) = (table_of(folder, SplitName::Val)?, table_of(folder, SplitName::Test)?);
        let known: Vec<PathBuf> =
            [Some(&train), val.as_ref(), test.as_ref()].into_iter().flatten().cloned().collect();
        let mut tables = separate(&train, val, test)?;
        tables.remarks.extend(unused::files(folder, &known));
        return Ok(tables);
    }
    let tables = metadata(folder)?;
    if let Some((None, path)) = tables.first() {
        return Ok(splits::by_column_or_path(path, Table::labelled(path)?));
    }
    let of = |wanted| tables.iter().find(|(split, _)| *split == Some(wanted)).map(|t| t.1.clone());
    let train = of(SplitName::Train).ok_or_else(|| Error::Layout { path: folder.to_owned() })?;
    let mut found = separate(&train, of(SplitName::Val), of(SplitName::Test))?;
    for split in [SplitName::Val, SplitName::Test] {
        if of(split).is_none() {
            found.remarks.extend(split.folders_in(folder).iter().map(|path| {
                let name = quoted(path.file_name().unwrap_or_default()).to_string();
                format!("{name}/ has no metadata: it is not used")
            }));
        }
    }
    Ok(found)
}

/// A table for each split. One that has no labels is left out, but for train's.
fn separate(train: &Path, val: Option<PathBuf>, test: Option<PathBuf>) -> Result<Tables, Error> {
    let (mut problems, mut remarks) = (Vec::new(), Vec::new());
    let mut list = |path: PathBuf, mut table: Table| {
        problems.append(&mut table.problems);
        List { path, rows: table.entries.into_iter().map(|entry| entry.row).collect() }
    };
    let train = list(train.to_owned(), Table::labelled(train)?);
    let mut other = |path: Option<PathBuf>, split: SplitName| -> Result<Option<List>, Error> {
        let Some(path) = path else { return Ok(None) };
        let table = Table::read(&path)?;
        if table.unlabelled.is_some() {
            remarks.push(split.unlabelled());
            return Ok(None);
        }
        Ok(Some(list(path, table)))
    };
    let (val, test) = (other(val, SplitName::Val)?, other(test, SplitName::Test)?);
    let lists = Lists { train, val, test, val_is_learned: false };
    Ok(Tables { lists, problems, remarks })
}

/// `train.csv`, `training.jsonl`, ...: the only one there may be.
fn table_of(folder: &Path, split: SplitName) -> Result<Option<PathBuf>, Error> {
    split.file_in(folder, &EXTENSIONS)
}

/// `metadata.csv` or `metadata.jsonl` of the folder, else of the folders of splits.
fn metadata(folder: &Path) -> Result<Vec<(Option<SplitName>, PathBuf)>, Error> {
    if let Some(path) = metadata_in(folder, SplitName::Train)? {
        return Ok(vec![(None, path)]);
    }
    let mut found = Vec::new();
    for split in SplitName::ALL {
        let mut of_split = Vec::new();
        for inner in split.folders_in(folder) {
            of_split.extend(metadata_in(&inner, split)?);
        }
        found.extend(only(folder, split, of_split)?.map(|path| (Some(split), path)));
    }
    Ok(found)
}

/// Of two forms the one with labels.
fn metadata_in(folder: &Path, split: SplitName) -> Result<Option<PathBuf>, Error> {
    let mut found = ["metadata.csv", "metadata.jsonl"].map(|name| folder.join(name)).to_vec();
    found.retain(|path| path.is_file());
    if found.len() > 1 && found.iter().any(|path| Table::is_labelled(path)) {
        found.retain(|path| Table::is_labelled(path));
        return only(folder, split, found);
    }
    found.truncate(1);
    Ok(found.pop())
}
