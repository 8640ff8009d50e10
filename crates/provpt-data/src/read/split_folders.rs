//! Which folders of an image folder are splits.

use std::path::{Path, PathBuf};

use super::split_names::SplitName;
use super::walk::{self, Subfolder};
use crate::Error;
use provpt_base::quoted;

/// Where the splits are.
pub(super) struct Splits {
    /// The folder with the class folders of what is learned from: the task's own where no folder
    /// is a split.
    pub(super) train: PathBuf,
    pub(super) val: Option<PathBuf>,
    pub(super) test: Option<PathBuf>,
    /// Folders that are not used, in words.
    pub(super) remarks: Vec<String>,
    pub(super) problems: Vec<Error>,
}

/// Finds `train/` by any of its names, and the splits beside it; else classes are right here.
pub(super) fn find(folder: &Path) -> Result<Splits, Error> {
    let listed = walk::list(folder);
    let folders = &listed.folders;
    let Some(train) = train(folder, folders)? else { return flat(folder, folders) };
    let mut used = vec![train.clone()];
    let mut other = |split| -> Result<Option<PathBuf>, Error> {
        let found =
            only(folder, split, folders.iter().filter(|f| SplitName::of(&f.name) == Some(split)))?;
        used.extend(found.cloned());
        Ok(found.map(|found| found.path.clone()))
    };
    let (val, test) = (other(SplitName::Val)?, other(SplitName::Test)?);
    let unused: Vec<String> = folders
        .iter()
        .filter(|folder| !used.contains(folder))
        .map(|folder| format!("{}/", quoted(&folder.name)))
        .collect();
    let remark = format!("not used, beside {}/: {}", quoted(&train.name), unused.join(", "));
    let remarks = if unused.is_empty() { Vec::new() } else { vec![remark] };
    Ok(Splits { train: train.path.clone(), val, test, remarks, problems: listed.problems })
}

/// Folders of training and validation images in one, where there is no other to learn from.
const BOTH: [&str; 3] = ["trainval", "train_val", "train-val"];

/// The folder of the training split, if there is one: it has class folders. A class may be called
/// `training`, too: other spellings than `train` need another split beside them, or to be alone.
fn train<'a>(folder: &Path, folders: &'a [Subfolder]) -> Result<Option<&'a Subfolder>, Error> {
    let split = |folder: &Subfolder| SplitName::of(&folder.name);
    let others = folders.iter().any(|f| split(f).is_some_and(|split| split != SplitName::Train));
    let sure = others || folders.len() == 1;
    let has_classes = |folder: &Subfolder| !walk::list(&folder.path).folders.is_empty();
    let candidates = folders.iter().filter(|candidate| {
        let named =
            candidate.name == "train" || (split(candidate) == Some(SplitName::Train) && sure);
        named && has_classes(candidate)
    });
    let both = |folder: &&Subfolder| {
        others && BOTH.contains(&folder.name.to_lowercase().as_str()) && has_classes(folder)
    };
    Ok(only(folder, SplitName::Train, candidates)?.or_else(|| folders.iter().find(both)))
}

/// The one folder that a split may have.
fn only<'a>(
    folder: &Path,
    split: SplitName,
    found: impl Iterator<Item = &'a Subfolder>,
) -> Result<Option<&'a Subfolder>, Error> {
    let found: Vec<&Subfolder> = found.collect();
    if found.len() > 1 {
        let got = found.iter().map(|f| format!("{}/", f.name)).collect::<Vec<_>>().join(", ");
        return Err(Error::Several { path: folder.to_owned(), split: split.spellings()[0], got });
    }
    Ok(found.first().copied())
}

/// Classes right in the folder; not where all its folders are called like splits.
fn flat(folder: &Path, folders: &[Subfolder]) -> Result<Splits, Error> {
    let splits_alone = folders.iter().all(|f| SplitName::of(&f.name).is_some());
    let is_class = |class: &Subfolder| !walk::images_in(&class.path).images.is_empty();
    if splits_alone || !folders.iter().any(is_class) {
        return Err(Error::Layout { path: folder.to_owned() });
    }
    let (remarks, problems) = (Vec::new(), Vec::new()); // told where the classes are read
    Ok(Splits { train: folder.to_owned(), val: None, test: None, remarks, problems })
}
