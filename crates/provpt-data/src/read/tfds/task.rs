//! A plain classification data set as a task.

use std::path::Path;

use super::store::{self, Images};
use super::{Example, FeatureKind, Tfds, TfdsError, TfdsSplit};
use crate::read::found::Found;
use crate::read::split_names::SplitName;
use crate::source::Item;
use crate::spec::MAX_CLASSES;
use crate::{Error, TaskSpec};
use provpt_base::quoted;

/// Finds all images: of `image` the label `label`, or as the data set's supervised keys say.
/// Splits that are missing are taken from each class of `train`.
pub(crate) fn find(folder: &Path, spec: &TaskSpec) -> Result<Found, Error> {
    let set = Tfds::open(folder)?;
    let columns = Columns::of(&set, spec)?;
    let [train, val, test] = SplitName::ALL.map(|split| called(&set, split));
    let mut problems = Vec::new();
    let learned = columns.items(&set.split(train.unwrap_or("train"))?, &mut problems);
    let mut given = |name: Option<&str>| {
        name.map(|name| match set.split(name) {
            Ok(split) => columns.items(&split, &mut problems),
            Err(problem) => {
                problems.push(problem.into());
                Vec::new()
            }
        })
    };
    let remarks = Vec::from_iter(unused(&set, [train, val, test]));
    let (train, val, test) = (learned, given(val), given(test));
    let classes = columns.names(&train);
    let counted = columns.counted;
    Found { classes, counted, train, val, test, problems, remarks, ..Found::default() }
        .complete(spec, folder)
}

/// What the data set calls a split, the usual name first.
fn called(set: &Tfds, split: SplitName) -> Option<&str> {
    let usual = split.spellings().iter();
    usual
        .filter_map(|name| set.splits().find(|(split, _)| split.eq_ignore_ascii_case(name)))
        .map(|(split, _)| split)
        .next()
}

/// A remark about splits that nothing is done with.
fn unused(set: &Tfds, used: [Option<&str>; 3]) -> Option<String> {
    let names: Vec<String> = set
        .splits()
        .filter(|(split, _)| !used.contains(&Some(split)))
        .map(|(split, _)| quoted(split).to_string())
        .collect();
    (!names.is_empty()).then(|| format!("not used, splits of the data set: {}", names.join(", ")))
}

/// The two features that make a classification task.
struct Columns {
    image: String,
    label: String,
    /// If known beforehand.
    classes: Option<usize>,
    names: Option<Vec<String>>,
    /// Whether nothing in the data set says how many classes there are.
    counted: bool,
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
        let (image, label, counted) = (image.to_owned(), label.to_owned(), declared.is_none());
        Ok(Self { image, label, classes, names, counted })
    }

    /// Names of the classes, numbers where there are none.
    fn names(&self, train: &[Item]) -> Vec<String> {
        let seen = || 1 + train.iter().map(|item| item.label).max().unwrap_or_default();
        let numbers = || (0..self.classes.unwrap_or_else(seen)).map(|c| c.to_string()).collect();
        self.names.clone().unwrap_or_else(numbers)
    }

    /// The examples of a split. Reads them all for their labels; images are not decoded.
    fn items(&self, split: &TfdsSplit<'_>, problems: &mut Vec<Error>) -> Vec<Item> {
        let images = Images::of(split, &self.image, false);
        let label = |example: &Example<'_>| -> Result<usize, TfdsError> {
            let (got, classes) = (example.int(&self.label)?, self.classes.unwrap_or(MAX_CLASSES));
            usize::try_from(got)
                .ok()
                .filter(|&label| label < classes)
                .ok_or_else(|| TfdsError::Label { place: example.place().clone(), classes, got })
        };
        store::items(split, 0..split.len(), &images, label, problems)
    }
}
