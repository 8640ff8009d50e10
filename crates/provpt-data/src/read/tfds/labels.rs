//! The catalogue's label rules on examples.

use super::{Example, TfdsError};
use crate::catalogue::{CatalogueTask, LabelRule, bin, merged};

/// The class of an example, below the task's number of classes.
pub(super) fn label(example: &Example<'_>, task: &CatalogueTask) -> Result<usize, TfdsError> {
    let classes = task.classes;
    let within = |got: i64, limit: usize| {
        usize::try_from(got).ok().filter(|&got| got < limit).ok_or_else(|| TfdsError::Label {
            place: example.place().clone(),
            classes: limit,
            got,
        })
    };
    match task.label {
        LabelRule::Stored { feature } => within(example.int(feature)?, classes),
        LabelRule::Binned { feature, values } => {
            Ok(merged(within(example.int(feature)?, values)?, values, classes))
        }
        LabelRule::Count { feature, fewest } => {
            let count = example.ints(feature)?.len() as i64;
            within(count - fewest as i64, classes)
        }
        LabelRule::Nearest { feature, among, none, thresholds } => {
            let distance = nearest(example, feature, among, none)?;
            let class = distance.and_then(|distance| bin(thresholds, distance));
            class.filter(|&class| class < classes).ok_or_else(|| TfdsError::NoClass {
                place: example.place().clone(),
                rule: task.label.describe(),
                got: distance.map_or_else(|| "no object".to_owned(), |d| d.to_string()),
            })
        }
    }
}

/// The smallest third coordinate of the objects that count; NaN if one of them is.
fn nearest(
    example: &Example<'_>,
    feature: &str,
    among: Option<(&str, i64)>,
    none: Option<f32>,
) -> Result<Option<f32>, TfdsError> {
    let coordinates = example.floats(feature)?;
    let objects = coordinates.chunks_exact(3);
    let count = |name: &str, expected: String, got| TfdsError::ValueCount {
        place: example.place().clone(),
        name: name.to_owned(),
        expected,
        got,
    };
    if !objects.remainder().is_empty() {
        return Err(count(feature, "a multiple of 3".to_owned(), coordinates.len()));
    }
    let counts: Vec<bool> = match among {
        None => vec![true; objects.len()],
        Some((name, below)) => {
            let types = example.ints(name)?;
            if types.len() != objects.len() {
                return Err(count(name, objects.len().to_string(), types.len()));
            }
            types.into_iter().map(|kind| kind < below).collect()
        }
    };
    let distances = objects.zip(counts).filter(|(_, counts)| *counts).map(|(object, _)| object[2]);
    let smaller = |a: f32, b: f32| if a.is_nan() || a <= b { a } else { b };
    Ok(distances.chain(none).reduce(smaller))
}
