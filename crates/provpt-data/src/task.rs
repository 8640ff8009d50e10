//! A task: what a run trains on and is measured by.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::quoted;
use crate::read::drawn::Attribute;
use crate::read::found::Found;
use crate::read::layout::Recognised;
use crate::read::{drawn, layout};
use crate::{Decoding, Error, Split};

/// More classes than any data set in use has; a larger label is taken for a mistake.
pub(crate) const MAX_CLASSES: usize = 1 << 16;

/// A labelled image task with its splits. Images are decoded when they are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// As in the [`TaskSpec`].
    pub name: String,
    /// The layout that its files were read by.
    pub recognised: Recognised,
    /// Name of each class, in the order of the labels, the same in all splits.
    pub classes: Vec<String>,
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

/// What the training split is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TrainSplit {
    /// Training images alone (`train800.txt` in VTAB-1k), to choose settings by `val`.
    #[default]
    Train,
    /// Training and validation images (`train800val200.txt`), for the final run; no `val` is left.
    TrainVal,
}

impl FromStr for TrainSplit {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self, Error> {
        match s {
            "train" => Ok(Self::Train),
            "trainval" => Ok(Self::TrainVal),
            got => Err(Error::Choice {
                what: "training split",
                expected: "train or trainval",
                got: got.to_owned(),
            }),
        }
    }
}

impl fmt::Display for TrainSplit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Train => "train",
            Self::TrainVal => "trainval",
        })
    }
}

/// What [`open`] needs to know about a task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskSpec {
    /// `sprites-orientation` and `sprites-location` are generated. A name of the
    /// [`catalogue`](crate::catalogue) says which examples and labels of a tensorflow-datasets
    /// folder are meant, and how many classes lists have. Any other is only a name.
    pub name: String,
    /// The task's folder; generated tasks need none and look at none.
    pub path: Option<PathBuf>,
    /// Checked where the task says itself, else the range of the labels in its lists.
    pub number_classes: Option<usize>,
    /// Whether validation images are trained on, too.
    pub train: TrainSplit,
    /// Share of each class to split off where a plain folder has no `val/`; 0 for none.
    pub val_fraction: f64,
    /// Share of each class to split off where a plain folder has no `test/`; 0 for none.
    pub test_fraction: f64,
    /// Whether the splits of a tensorflow-datasets folder must have the official sizes, by which
    /// the catalogue's tasks choose their examples. If not, the published percentages are taken of
    /// what is there.
    pub check_sizes: bool,
    /// Which of an FGVC task's lists to learn from: `train_0.1.json` for 0.1, and from 1 on
    /// `train.json`. Other layouts have no shares.
    pub percentage: f64,
    /// Decides what is drawn or split off.
    pub seed: u64,
}

impl TaskSpec {
    /// A task by name: no path, [`TrainSplit::Train`], a tenth for `val` and a fifth for `test`
    /// where a plain folder has neither, sizes checked, seed 0.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            path: None,
            number_classes: None,
            train: TrainSplit::Train,
            val_fraction: 0.1,
            test_fraction: 0.2,
            check_sizes: true,
            percentage: 1.0,
            seed: 0,
        }
    }
}

/// Finds (or draws) a task, and checks everything but its images' pixels, which nobody has decoded
/// yet.
///
/// What is at the path tells its layout. The first of these that is there is taken:
///
/// 1. a table of paths and labels: a `.csv`, `.tsv`, `.jsonl` or `.ndjson` file, with a column
///    `split` or none;
/// 2. a `.parquet` file, all of it `train`;
/// 3. a tensorflow-datasets folder, or a folder of one version of it: see [`Tfds`](crate::Tfds);
///    for a task of the catalogue, the folder may also be one of many data sets, and its published
///    examples and labels are taken, before anything else is looked for;
/// 4. the VTAB-1k layout: `train800.txt` or `train800val200.txt`, `val200.txt`, `test.txt`, lines
///    `path label`, the path relative to the folder or its `images/`;
/// 5. the FGVC lists: `train.json` (or the list of a [`TaskSpec::percentage`]), `val.json`,
///    `test.json`, objects `{path: class id}`, the path relative to the folder, `images/` or
///    `Images/`; ids are sorted to `0..C` by those of train;
/// 6. tables `train.csv` (`.tsv`, `.jsonl`, `.ndjson`), `val.*`, `test.*`, or Hugging Face's
///    ImageFolder with `metadata.csv` or `metadata.jsonl`, paths relative to the table's folder or
///    its `images/`;
/// 7. Parquet files, in the folder or below: shards of Hugging Face's `datasets`, of one
///    configuration; a split whose labels are all -1 has none, and is left out;
/// 8. a plain folder: `train/CLASS/`, and `val/CLASS/` and `test/CLASS/` if there, or just
///    `CLASS/`.
///
/// Where `val` or `test` is missing, it is split off by fraction, class by class (but from VTAB-1k
/// lists nothing is). Labels are numbers, counted from 0, or names, which are sorted; `labels.txt`,
/// a class name per line, says both what classes there are and in which order (4 to 7; with 1 and
/// 2, beside the file).
///
/// # Errors
/// All of [`Error`] but those of [`Split::image`] and [`Split::batch`]: of several the first.
pub fn open(spec: &TaskSpec) -> Result<Task, Error> {
    let (task, problems) = survey(spec)?;
    problems.into_iter().next().map_or(Ok(task), Err)
}

/// As [`open`], but goes on after what it can go on after: a malformed line, a missing image, a
/// damaged record. The task is what is left, and comes with all that is wrong with it.
///
/// # Errors
/// What leaves no task at all.
pub fn survey(spec: &TaskSpec) -> Result<(Task, Vec<Error>), Error> {
    if let Some(got) = spec.number_classes.filter(|n| !(1..=MAX_CLASSES).contains(n)) {
        return Err(Error::NumberClasses { max: MAX_CLASSES, got });
    }
    Ok(find(spec)?.into_task(&spec.name))
}

fn find(spec: &TaskSpec) -> Result<Found, Error> {
    if let Some(attribute) = Attribute::of_task(&spec.name) {
        let by = format!("the name {}", spec.name);
        let recognised = Recognised { layout: "generated images", by };
        return Ok(Found { recognised, ..drawn::find(attribute, spec)? });
    }
    let generated = || Attribute::ALL.map(Attribute::task_name).join(", ");
    let path = spec
        .path
        .as_deref()
        .ok_or_else(|| Error::NoPath { name: spec.name.clone(), generated: generated() })?;
    layout::find(path, spec)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn training_splits_have_names() {
        for split in [TrainSplit::Train, TrainSplit::TrainVal] {
            assert_eq!(split.to_string().parse::<TrainSplit>().unwrap(), split);
        }
        let message = "val".parse::<TrainSplit>().unwrap_err().to_string();
        assert_eq!(message, "training split: expected train or trainval, got val");
    }
}
