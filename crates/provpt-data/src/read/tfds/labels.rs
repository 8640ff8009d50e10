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
        // Drawn images are in no file.
        LabelRule::Drawn { .. } => Err(TfdsError::NoClass {
            place: example.place().clone(),
            rule: task.label.describe(),
            got: "an example".to_owned(),
        }),
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

#[cfg(test)]
mod tests {
    use super::super::testing::{self, List};
    use super::*;
    use crate::catalogue::find;

    /// The label of an example with these features by the rule of a published task.
    fn labelled(task: &str, features: &[(&str, List)]) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        let features = features.iter().map(|(name, list)| (*name, list));
        testing::write(folder.path(), &[vec![testing::example(features, true)]]);
        let set = super::super::Tfds::open(folder.path()).unwrap();
        let split = set.split("train").unwrap();
        let told =
            |error: TfdsError| error.to_string().replace(folder.path().to_str().unwrap(), "");
        label(&split.example(0).unwrap(), find(task).unwrap()).map_err(told)
    }

    fn stored(task: &str, feature: &str, value: i64) -> Result<usize, String> {
        labelled(task, &[(feature, List::Int(vec![value]))])
    }

    #[test]
    fn stored_and_binned_values_are_below_their_number() {
        assert_eq!(stored("cifar", "label", 99), Ok(99));
        for wrong in [100, -1] {
            let told = stored("cifar", "label", wrong).unwrap_err();
            assert!(told.ends_with(&format!("expected 0..100, got {wrong}")), "{told}");
        }
        assert_eq!(stored("dsprites_ori", "label_orientation", 39), Ok(15));
        let told = stored("dsprites_ori", "label_orientation", 40).unwrap_err();
        assert!(told.ends_with("expected 0..40, got 40"), "{told}");
    }

    #[test]
    fn counts_are_within_those_there_are() {
        let count =
            |objects| labelled("clevr_count", &[("objects/size", List::Int(vec![0; objects]))]);
        assert_eq!((count(3), count(10)), (Ok(0), Ok(7)));
        for wrong in [2, 11] {
            assert!(count(wrong).is_err(), "{wrong}");
        }
    }

    fn clevr(coordinates: Vec<f32>) -> Result<usize, String> {
        labelled("clevr_dist", &[("objects/pixel_coords", List::Float(coordinates))])
    }

    #[test]
    fn the_nearest_object_decides_and_must_have_a_class() {
        assert_eq!(clevr(vec![0.0, 0.0, 9.2, 0.0, 0.0, 8.2]), Ok(1));
        assert_eq!(clevr(vec![0.0, 0.0, 8.2, 0.0, 0.0, 9.2]), Ok(1));
        assert_eq!(clevr(vec![0.0, 0.0, 100.0]), Ok(5));
        // The bin behind the last class is none.
        let told = clevr(vec![0.0, 0.0, 100.5]).unwrap_err();
        assert!(told.ends_with("expected one of its classes, got 100.5"), "{told}");
        let told = clevr(Vec::new()).unwrap_err();
        assert!(told.ends_with("expected one of its classes, got no object"), "{told}");
        // What is no number hides whatever is nearer, in either order.
        for (a, b) in [(f32::NAN, 8.2), (8.2, f32::NAN)] {
            let told = clevr(vec![0.0, 0.0, a, 0.0, 0.0, b]).unwrap_err();
            assert!(told.ends_with("got NaN"), "{told}");
        }
    }

    #[test]
    fn coordinates_come_in_threes_and_each_object_has_a_type() {
        for broken in [1, 2, 4, 5] {
            let told = clevr(vec![8.2; broken]).unwrap_err();
            let end = format!("expected a multiple of 3 values, got {broken}");
            assert!(told.ends_with(&end), "{told}");
        }
        let kitti = |types: &[i64]| {
            let location = List::Float([[0.0, 0.0, 5.0], [0.0, 0.0, 15.0]].concat());
            labelled(
                "kitti",
                &[("objects/location", location), ("objects/type", List::Int(types.to_vec()))],
            )
        };
        assert_eq!((kitti(&[2, 2]), kitti(&[3, 2]), kitti(&[3, 3])), (Ok(0), Ok(1), Ok(3)));
        for types in [&[2][..], &[2; 3]] {
            let told = kitti(types).unwrap_err();
            assert!(told.ends_with(&format!("expected 2 values, got {}", types.len())), "{told}");
        }
    }
}
