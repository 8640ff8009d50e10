//! Plain image folders: one subfolder per class.

use std::path::{Path, PathBuf};

use provpt_image::is_image_name;
use walkdir::{DirEntry, WalkDir};

use crate::read::found::Found;
use crate::source::Item;
use crate::{Error, TaskSpec};

pub(crate) fn find(folder: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    let root = train_root(folder)?;
    let classes = subfolders(&root)?;
    let mut problems = Vec::new();
    if let Some(expected) = spec.number_classes.filter(|&n| n != classes.len()) {
        let (what, got) = (root.display().to_string(), classes.len());
        problems.push(Error::ClassCount { what, expected, got });
    }
    let mut given = |split: &'static str| {
        let path = folder.join(split);
        let there = root != folder && path.is_dir();
        there.then(|| given(&path, split, &classes, &mut problems)).transpose()
    };
    let (val, test) = (given("val")?, given("test")?);
    let train = train(&root, &classes, &mut problems)?;
    Found { classes, train, val, test, problems, ..Found::default() }.complete(spec, folder)
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

/// The images of a split that has a folder of its own.
fn given(
    path: &Path,
    split: &'static str,
    classes: &[String],
    problems: &mut Vec<Error>,
) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    for class in subfolders(path)? {
        let path = path.join(&class);
        match classes.iter().position(|known| *known == class) {
            Some(label) => items.extend(labelled(images(&path)?, label)),
            None => problems.push(Error::UnknownClass { path, class }),
        }
    }
    if items.is_empty() {
        problems.push(Error::EmptySplit { split, path: path.to_owned() });
    }
    Ok(items)
}

/// The images to learn from, and to make other splits of.
fn train(root: &Path, classes: &[String], problems: &mut Vec<Error>) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    for (label, class) in classes.iter().enumerate() {
        let path = root.join(class);
        let images = images(&path)?;
        if images.is_empty() {
            problems.push(Error::EmptyClass { path });
        }
        items.extend(labelled(images, label));
    }
    Ok(items)
}

fn labelled(images: Vec<PathBuf>, label: usize) -> impl Iterator<Item = Item> {
    images.into_iter().map(move |path| Item::file(path, label))
}
