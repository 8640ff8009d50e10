//! Plain image folders: one subfolder per class.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::decode::is_image_name;
use crate::rng::{Purpose, stream};
use crate::shares::Shares;
use crate::task::{Files, Found, TrainSplit};
use crate::{Error, TaskSpec};

pub(crate) fn find(folder: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    let root = train_root(folder)?;
    let classes = subfolders(&root)?;
    if let Some(expected) = spec.number_classes.filter(|&n| n != classes.len()) {
        let (what, got) = (root.display().to_string(), classes.len());
        return Err(Error::ClassCount { what, expected, got });
    }
    let given = |split: &'static str| {
        let path = folder.join(split);
        (root != folder && path.is_dir()).then(|| given(&path, split, &classes)).transpose()
    };
    let (val, test) = (given("val")?, given("test")?);
    let fraction = |given: &Option<Files>, fraction| if given.is_some() { 0.0 } else { fraction };
    let shares =
        Shares::new(fraction(&val, spec.val_fraction), fraction(&test, spec.test_fraction))?;
    let [mut train, spare_val, spare_test] = carve(&root, &classes, shares, spec.seed)?;
    let or_spare = |given: Option<Files>, share: f64, spare: Files, split| match given {
        None if share == 0.0 => Ok(None),
        None if spare.is_empty() => Err(Error::EmptySplit { split, path: folder.to_owned() }),
        None => Ok(Some(spare)),
        given => Ok(given),
    };
    let mut val = or_spare(val, shares.val, spare_val, "val")?;
    let test = or_spare(test, shares.test, spare_test, "test")?;
    if spec.train == TrainSplit::TrainVal {
        train.extend(val.take().into_iter().flatten());
    }
    Ok(Found { classes, train, val, test })
}

/// `train/` if it has subfolders, else the folder itself: a class may be called "train", too.
fn train_root(folder: &Path) -> Result<PathBuf, Error> {
    let train = folder.join("train");
    if train.is_dir() && !subfolders(&train)?.is_empty() {
        return Ok(train);
    }
    let classes = subfolders(folder)?;
    let splits_alone = classes.iter().all(|name| ["train", "val", "test"].contains(&name.as_str()));
    for class in classes.iter().filter(|_| !splits_alone) {
        if !images(&folder.join(class))?.is_empty() {
            return Ok(folder.to_owned());
        }
    }
    Err(Error::Layout { path: folder.to_owned() })
}

/// Names of the subfolders, sorted, hidden ones left out.
fn subfolders(folder: &Path) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for entry in walk(folder).min_depth(1).max_depth(1).into_iter().filter_entry(visible) {
        let entry = entry.map_err(std::io::Error::from)?;
        if entry.file_type().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

/// Image files at any depth, told by extension, sorted, hidden ones left out.
fn images(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut paths = Vec::new();
    for entry in walk(folder).min_depth(1).into_iter().filter_entry(visible) {
        let entry = entry.map_err(std::io::Error::from)?;
        if entry.file_type().is_file() && is_image_name(entry.path()) {
            paths.push(entry.into_path());
        }
    }
    Ok(paths)
}

fn walk(folder: &Path) -> WalkDir {
    WalkDir::new(folder).follow_links(true).sort_by_file_name()
}

fn visible(entry: &DirEntry) -> bool {
    !entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// The files of a split that has a folder of its own.
fn given(path: &Path, split: &'static str, classes: &[String]) -> Result<Files, Error> {
    let mut files = Files::new();
    for class in subfolders(path)? {
        let path = path.join(&class);
        let Some(label) = classes.iter().position(|known| *known == class) else {
            return Err(Error::UnknownClass { path, class });
        };
        files.extend(images(&path)?.into_iter().map(|image| (image, label)));
    }
    if files.is_empty() {
        return Err(Error::EmptySplit { split, path: path.to_owned() });
    }
    Ok(files)
}

/// Training, validation and test files out of one folder, class by class.
fn carve(root: &Path, classes: &[String], shares: Shares, seed: u64) -> Result<[Files; 3], Error> {
    let mut splits = [Files::new(), Files::new(), Files::new()];
    for (label, class) in classes.iter().enumerate() {
        let path = root.join(class);
        let images = images(&path)?;
        if images.is_empty() {
            return Err(Error::EmptyClass { path });
        }
        let mut random = stream(seed, Purpose::Folder, label as u64, 0);
        for (all, part) in splits.iter_mut().zip(shares.split(images, &mut random)) {
            all.extend(part.into_iter().map(|image| (image, label)));
        }
    }
    Ok(splits)
}
