//! A task: what a run trains on and is measured by.

use std::fmt;

use provpt_base::quoted;
use provpt_image::Decoding;
use serde::Serialize;

use crate::Split;

/// How a task's files are laid out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Recognised {
    /// The layout's name.
    pub layout: &'static str,
    /// What told it: a file that is there, or what is not.
    pub by: String,
}

/// A labelled image task with its splits. Images are decoded when they are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// As in the [`TaskSpec`](crate::TaskSpec).
    pub name: String,
    /// The layout that its files were read by.
    pub recognised: Recognised,
    /// Name of each class, in the order of the labels, the same in all splits.
    pub classes: Vec<String>,
    /// What a user should know of how its files were read though nothing is wrong, a line each:
    /// files that were left out, folders that are not used. See also [`Self::notes`].
    pub remarks: Vec<String>,
    /// What is learned from.
    pub train: Split,
    /// What settings are chosen by; none when folded into `train`.
    pub val: Option<Split>,
    /// What is reported.
    pub test: Option<Split>,
}

impl Task {
    /// The same task, its images decoded in another way.
    pub fn decoded_with(self, decoding: Decoding) -> Self {
        let with = |split: Split| split.decoded_with(decoding);
        let Self { train, val, test, .. } = self;
        Self { train: with(train), val: val.map(with), test: test.map(with), ..self }
    }

    /// Number of images in all splits.
    pub fn images(&self) -> usize {
        self.parts().iter().map(|(_, split)| split.len()).sum()
    }

    /// The splits that are there, by name: `train`, `val`, `test`.
    pub(crate) fn parts(&self) -> Vec<(&'static str, &Split)> {
        let parts = [("train", Some(&self.train)), ("val", self.val.as_ref())];
        let parts = parts.into_iter().chain([("test", self.test.as_ref())]);
        parts.filter_map(|(name, split)| Some((name, split?))).collect()
    }
}

/// `fashion: 10 classes; 800 train, 200 val, 1000 test images`.
impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, classes, train, val, test, .. } = self;
        write!(f, "{}: {} classes; {} train", quoted(name), classes.len(), train.len())?;
        for (split, name) in [(val, "val"), (test, "test")] {
            if let Some(split) = split {
                write!(f, ", {} {name}", split.len())?;
            }
        }
        f.write_str(" images")
    }
}
