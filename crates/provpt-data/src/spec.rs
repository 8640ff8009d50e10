//! What a reader needs to know about a task before it looks at files.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::Error;

/// More classes than any data set in use has; a larger label is taken for a mistake.
pub(crate) const MAX_CLASSES: usize = 1 << 16;

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

/// What [`open`](crate::open) needs to know about a task.
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
