//! Plain image folders: one subfolder per class.

use std::path::{Path, PathBuf};

use image::ImageFormat;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use walkdir::{DirEntry, WalkDir};

use crate::rng::{Purpose, stream};
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
        let format = ImageFormat::from_path(entry.path());
        if entry.file_type().is_file() && format.is_ok_and(|format| format.reading_enabled()) {
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

/// Shares of each class to take from the training images.
#[derive(Clone, Copy)]
struct Shares {
    val: f64,
    test: f64,
}

impl Shares {
    fn new(val: f64, test: f64) -> Result<Self, Error> {
        // Written so that a NaN fails, too.
        if val >= 0.0 && test >= 0.0 && val + test < 1.0 {
            Ok(Self { val, test })
        } else {
            Err(Error::Fractions { val, test })
        }
    }

    /// (val, test) out of `n` images: the rounded share, at least one image where a share is asked
    /// for; training keeps one image before test gets any, and test before val.
    fn counts(self, n: usize) -> (usize, usize) {
        let wanted = |share: f64| match share {
            0.0 => 0,
            share => ((share * n as f64).round() as usize).max(1),
        };
        let test = wanted(self.test).min(n.saturating_sub(1));
        (wanted(self.val).min(n.saturating_sub(1 + test)), test)
    }

    fn split<T: Ord>(self, mut items: Vec<T>, random: &mut ChaCha8Rng) -> [Vec<T>; 3] {
        let (val, test) = self.counts(items.len());
        items.shuffle(random);
        let test = items.split_off(items.len() - test);
        let val = items.split_off(items.len() - val);
        [items, val, test].map(|mut part| {
            part.sort();
            part
        })
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_image_lands_in_one_split(n in 1_usize..300, val in 0.0..0.5, test in 0.0..0.5) {
            let shares = Shares::new(val, test).unwrap();
            let split = || {
                shares.split((0..n).collect(), &mut stream(3, Purpose::Folder, 0, 0))
            };
            let parts = split();
            prop_assert_eq!(&parts, &split());
            prop_assert!(!parts[0].is_empty());
            prop_assert!(parts[1].len() as f64 <= (val * n as f64 + 0.5).max(1.0));
            prop_assert!(parts[2].len() as f64 <= (test * n as f64 + 0.5).max(1.0));
            let mut all = parts.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn shares_are_rounded_and_small_classes_serve_train_then_test_then_val() {
        let shares = Shares::new(0.1, 0.2).unwrap();
        let counts = [100, 15, 3, 2, 1].map(|n| shares.counts(n));
        assert_eq!(counts, [(10, 20), (2, 3), (1, 1), (0, 1), (0, 0)]);
        assert_eq!(Shares::new(0.0, 0.0).unwrap().counts(5), (0, 0));
    }

    #[test]
    fn shares_that_leave_nothing_are_refused() {
        let message = |val, test| Shares::new(val, test).err().map(|e| e.to_string()).unwrap();
        assert_eq!(
            message(0.5, 0.5),
            "val and test fractions: expected each >= 0 and a sum < 1, got 0.5 and 0.5"
        );
        assert!(message(-0.1, 0.2).contains("got -0.1 and 0.2"));
        assert!(message(f64::NAN, 0.2).contains("got NaN and 0.2"));
    }
}
