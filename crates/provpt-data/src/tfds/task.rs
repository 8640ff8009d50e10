//! A plain classification data set as a task.

use std::path::Path;

use rayon::prelude::*;

use super::{FeatureKind, Tfds, TfdsError};
use crate::rng::{Purpose, stream};
use crate::shares::Shares;
use crate::task::{MAX_CLASSES, TrainSplit};
use crate::{Error, Image, Split, Task, TaskSpec};

/// How data sets call their validation split, the usual name first.
const VAL: [&str; 4] = ["validation", "val", "valid", "dev"];

/// Reads and decodes all images: of `image` the label `label`, or as the data set's supervised
/// keys say. Splits that are missing are taken from each class of `train`.
pub(crate) fn task(folder: &Path, spec: &TaskSpec) -> Result<Task, Error> {
    let set = Tfds::open(folder)?;
    let columns = Columns::of(&set, spec)?;
    let has = |name: &&str| set.splits().any(|(split, _)| split == *name);
    let given = |name: Option<&str>| name.map(|name| columns.load(&set, name)).transpose();
    let mut train = columns.load(&set, "train")?;
    let (val, test) = (given(VAL.iter().copied().find(has))?, given(Some("test").filter(has))?);
    let classes = columns.names(&train);
    let share = |given: &Option<Split>, share| if given.is_some() { 0.0 } else { share };
    let shares = Shares::new(share(&val, spec.val_fraction), share(&test, spec.test_fraction))?;
    let (spare_val, spare_test);
    [train, spare_val, spare_test] = carve(train, shares, spec.seed);
    let or_spare = |given: Option<Split>, share: f64, spare: Split, split| match given {
        None if share == 0.0 => Ok(None),
        None if spare.is_empty() => Err(Error::EmptySplit { split, path: folder.to_owned() }),
        None => Ok(Some(spare)),
        given => Ok(given),
    };
    let mut val = or_spare(val, shares.val, spare_val, "val")?;
    let test = or_spare(test, shares.test, spare_test, "test")?;
    if spec.train == TrainSplit::TrainVal {
        labelled(val.take().unwrap_or_default()).for_each(|image| push(&mut train, image));
    }
    Ok(Task { name: spec.name.clone(), classes, train, val, test })
}

/// The two features that make a classification task.
struct Columns {
    image: String,
    label: String,
    /// If known beforehand.
    classes: Option<usize>,
    names: Option<Vec<String>>,
}

impl Columns {
    fn of(set: &Tfds, spec: &TaskSpec) -> Result<Self, Error> {
        let (image, label) = set.supervised().unwrap_or(("image", "label"));
        let path = || set.folder.join(super::features::FILE);
        let feature = |name: &str| set.feature(name).map(|feature| &feature.kind);
        let not = |expected, name: &str| {
            let got = feature(name).map_or_else(|| "none".to_owned(), ToString::to_string);
            TfdsError::NotClassification { path: path(), expected, name: name.to_owned(), got }
        };
        let unknown = set.features().is_empty();
        if !unknown && !matches!(feature(image), Some(FeatureKind::Image { .. })) {
            return Err(not("an image", image).into());
        }
        let (declared, names) = match feature(label) {
            Some(FeatureKind::Label { classes, names }) => (*classes as usize, names.clone()),
            None if unknown => (0, None),
            _ => return Err(not("a class label", label).into()),
        };
        if declared > MAX_CLASSES {
            return Err(Error::NumberClasses { max: MAX_CLASSES, got: declared });
        }
        let declared = (declared > 0).then_some(declared);
        if let (Some(expected), Some(got)) = (spec.number_classes, declared)
            && expected != got
        {
            let what = path().display().to_string();
            return Err(Error::ClassCount { what, expected, got });
        }
        let classes = declared.or(spec.number_classes);
        let names = names.filter(|names| Some(names.len()) == classes);
        Ok(Self { image: image.to_owned(), label: label.to_owned(), classes, names })
    }

    /// Names of the classes, numbers where there are none.
    fn names(&self, train: &Split) -> Vec<String> {
        let seen = || 1 + train.labels.iter().max().copied().unwrap_or_default();
        let numbers = || (0..self.classes.unwrap_or_else(seen)).map(|c| c.to_string()).collect();
        self.names.clone().unwrap_or_else(numbers)
    }

    fn load(&self, set: &Tfds, name: &str) -> Result<Split, Error> {
        let split = set.split(name)?;
        let load = |index| -> Result<_, Error> {
            let example = split.example(index)?;
            let (got, classes) = (example.int(&self.label)?, self.classes.unwrap_or(MAX_CLASSES));
            let label = usize::try_from(got)
                .ok()
                .filter(|&label| label < classes)
                .ok_or_else(|| TfdsError::Label { place: example.place().clone(), classes, got })?;
            Ok((example.image(&self.image)?, label, example.id()))
        };
        let loaded: Vec<_> = (0..split.len()).into_par_iter().map(load).collect();
        let mut split = Split::default();
        for image in loaded {
            push(&mut split, image?);
        }
        Ok(split)
    }
}

type Labelled = (Image, usize, String);

fn push(split: &mut Split, (image, label, name): Labelled) {
    split.images.push(image);
    split.labels.push(label);
    split.names.push(name);
}

fn labelled(split: Split) -> impl Iterator<Item = Labelled> {
    let Split { images, labels, names } = split;
    images.into_iter().zip(labels).zip(names).map(|((image, label), name)| (image, label, name))
}

/// `[train, val, test]` out of one split, class by class, each in the order it had.
fn carve(split: Split, shares: Shares, seed: u64) -> [Split; 3] {
    let classes = split.labels.iter().max().map_or(0, |label| label + 1);
    let mut of_class = vec![Vec::new(); classes];
    for (index, &label) in split.labels.iter().enumerate() {
        of_class[label].push(index);
    }
    let mut part_of = vec![0; split.len()];
    for (class, indices) in of_class.into_iter().enumerate() {
        let mut random = stream(seed, Purpose::Folder, class as u64, 0);
        for (part, indices) in shares.split(indices, &mut random).iter().enumerate() {
            indices.iter().for_each(|&index| part_of[index] = part);
        }
    }
    let mut parts = <[Split; 3]>::default();
    for (image, part) in labelled(split).zip(part_of) {
        push(&mut parts[part], image);
    }
    parts
}
