//! A task of the catalogue out of its official data set: the table's examples, with its labels.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::store::{self, Images};
use super::{FeatureKind, Tfds, TfdsError, TfdsSplit, features, info, labels, versions};
use crate::catalogue::{CatalogueTask, LabelRule, Part, Published, Splits};
use crate::read::found::Found;
use crate::source::Item;
use crate::{Error, TaskSpec, TrainSplit};

/// The folder of the version to read, if `path` is it, the data set's folder, or a folder of many
/// data sets: `clevr/3.1.0`, `clevr`, `tensorflow_datasets`.
pub(crate) fn folder(path: &Path, task: &CatalogueTask) -> Option<PathBuf> {
    let Splits::Tfds { dataset, config, version, .. } = task.splits else { return None };
    let config = config.unwrap_or_default(); // joining nothing changes nothing
    let places =
        [path.to_owned(), path.join(config), path.join(dataset), path.join(dataset).join(config)];
    places.into_iter().find_map(|place| {
        let here = place.join(info::FILE).is_file();
        if here { Some(place) } else { newest(&place, version).map(|name| place.join(name)) }
    })
}

/// The newest version in a folder, of those with the first number of `like` if there are any.
fn newest(folder: &Path, like: &str) -> Option<String> {
    let numbers = |name: &str| -> Vec<u32> { name.split('.').flat_map(str::parse).collect() };
    let found = versions(folder).into_iter();
    let described = found.filter(|name| folder.join(name).join(info::FILE).is_file());
    let major = numbers(like).first().copied();
    described.max_by_key(|name| {
        let numbers = numbers(name);
        (numbers.first().copied() == major, numbers)
    })
}

/// Finds the task in the folder of a version. Only shards with examples of the task need to be
/// there.
pub(crate) fn find(folder: &Path, task: &CatalogueTask, spec: &TaskSpec) -> Result<Found, Error> {
    let set = Tfds::open(folder)?;
    check_identity(&set, task)?;
    check_features(&set, task)?;
    if let Some(expected) = spec.number_classes.filter(|&n| n != task.classes) {
        let (what, got) = (format!("task {}", task.name), task.classes);
        return Err(Error::ClassCount { what, expected, got });
    }
    let Splits::Tfds { official, train, val, test, .. } = task.splits else {
        return Err(Error::MissingFolder { path: folder.to_owned() });
    };
    let changed = changed(&set, official, spec.check_sizes)?;
    let mut problems = Vec::new();
    let mut read = |part: Part| -> Result<Vec<Item>, Error> {
        let range = range(&set, part, changed);
        let split = set.part(part.split, range.clone())?;
        let items = items(&split, range, task, &mut problems);
        if items.is_empty() && problems.is_empty() {
            problems.push(Error::EmptySplit { split: part.split, path: folder.to_owned() });
        }
        Ok(items)
    };
    let (mut train, mut val, test) = (read(train)?, Some(read(val)?), Some(read(test)?));
    if spec.train == TrainSplit::TrainVal {
        train.extend(val.take().into_iter().flatten());
    }
    Ok(Found { classes: class_names(&set, task), train, val, test, problems, ..Found::default() })
}

fn check_identity(set: &Tfds, task: &CatalogueTask) -> Result<(), TfdsError> {
    let Splits::Tfds { dataset, config, .. } = task.splits else { return Ok(()) };
    let full = |name: &str, config: Option<&str>| {
        config.map_or_else(|| name.to_owned(), |config| format!("{name}/{config}"))
    };
    let other = config.is_some() && set.config().is_some_and(|got| Some(got) != config);
    if set.name() == dataset && !other {
        return Ok(());
    }
    Err(TfdsError::OtherDataSet {
        path: set.folder.join(info::FILE),
        task: task.name,
        expected: full(dataset, config),
        got: full(set.name(), set.config()),
    })
}

/// The features that the task's rule needs; folders without a description are read all the same.
fn check_features(set: &Tfds, task: &CatalogueTask) -> Result<(), Error> {
    let path = || set.folder.join(features::FILE);
    let kind = |name: &str| set.feature(name).map(|feature| &feature.kind);
    if set.features().is_empty() {
        return Ok(());
    }
    let missing = |expected, name: &str| {
        let got = kind(name).map_or_else(|| "none".to_owned(), ToString::to_string);
        TfdsError::NotClassification { path: path(), expected, name: name.to_owned(), got }
    };
    if !matches!(kind("image"), Some(FeatureKind::Image { .. })) {
        return Err(missing("an image", "image").into());
    }
    if let Some(name) = task.label.features().find(|name| kind(name).is_none()) {
        return Err(missing("what the task's label is made of", name).into());
    }
    let declared = match task.label {
        LabelRule::Stored { feature } => Some((feature, task.classes)),
        LabelRule::Binned { feature, values } => Some((feature, values)),
        LabelRule::Count { .. } | LabelRule::Nearest { .. } | LabelRule::Drawn { .. } => None,
    };
    let Some((feature, expected)) = declared else { return Ok(()) };
    match kind(feature) {
        Some(FeatureKind::Label { classes, .. }) if *classes as usize == expected => Ok(()),
        Some(FeatureKind::Label { classes, .. }) => {
            let what = format!("{}: feature {feature}", path().display());
            Err(Error::ClassCount { what, expected, got: *classes as usize })
        }
        _ => Err(missing("a class label", feature).into()),
    }
}

/// Whether a split has another than its official size, which is an error if sizes are checked.
fn changed(set: &Tfds, official: &[(&str, usize)], check: bool) -> Result<bool, TfdsError> {
    let mut changed = false;
    for &(split, expected) in official {
        let got = set.info.split(&set.folder, split)?.examples();
        if got != expected as u64 {
            if check {
                let (path, split) = (set.folder.join(info::FILE), split.to_owned());
                return Err(TfdsError::OfficialSize { path, split, expected, got });
            }
            changed = true;
        }
    }
    Ok(changed)
}

/// The table's range; where sizes have changed, what its definition means now.
fn range(set: &Tfds, part: Part, changed: bool) -> Range<usize> {
    let size = set.splits().find(|(name, _)| *name == part.split).map_or(0, |(_, size)| size);
    match Published::parse(part.published) {
        Some(published) if changed => published.range(usize::try_from(size).unwrap_or(0)),
        _ => part.start..part.end,
    }
}

fn class_names(set: &Tfds, task: &CatalogueTask) -> Vec<String> {
    let named = task.label.features().next().and_then(|feature| set.feature(feature));
    let stored = match named.map(|feature| &feature.kind) {
        Some(FeatureKind::Label { names, .. }) => names.clone(),
        _ => None,
    };
    let names = task.label.class_names(task.classes).or(stored);
    let numbers = || (0..task.classes).map(|class| class.to_string()).collect();
    names.filter(|names| names.len() == task.classes).unwrap_or_else(numbers)
}

/// The examples of a range. Reads them all for their labels; images are not decoded.
fn items(
    split: &TfdsSplit<'_>,
    range: Range<usize>,
    task: &CatalogueTask,
    problems: &mut Vec<Error>,
) -> Vec<Item> {
    let images = Images::of(split, "image", task.images.binary);
    store::items(split, range, &images, |example| labels::label(example, task), problems)
}
