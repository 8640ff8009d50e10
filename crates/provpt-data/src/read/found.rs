//! What readers find, and the splits that are made where a data set has none.

use std::path::Path;

use crate::read::shares::Shares;
use crate::source::Item;
use crate::task::Recognised;
use crate::{Error, Split, Task, TaskSpec, TrainSplit};
use provpt_base::{Purpose, stream};

/// What a reader gives back. A part that cannot be used (a malformed line, a missing image) is
/// left out and told in `problems`; what leaves no task at all is the reader's error.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) recognised: Recognised,
    /// Names, in the order of the labels.
    pub(crate) classes: Vec<String>,
    /// Whether classes are numbers, and nothing in the data says how many there are.
    pub(crate) counted: bool,
    pub(crate) train: Vec<Item>,
    pub(crate) val: Option<Vec<Item>>,
    pub(crate) test: Option<Vec<Item>>,
    /// In the order in which they were met.
    pub(crate) problems: Vec<Error>,
    /// What a user should know though nothing is wrong, a line each.
    pub(crate) remarks: Vec<String>,
    /// What was taken from `train` because there was no such split: a name and a share of each
    /// class.
    pub(crate) carved: Vec<(&'static str, f64)>,
}

impl Found {
    /// Takes the splits that are missing from each class of `train`, by the shares and the seed of
    /// the spec, then folds validation into training if that is asked for.
    pub(crate) fn complete(mut self, spec: &TaskSpec, path: &Path) -> Result<Self, Error> {
        let wanted = |given: &Option<_>, share| if given.is_some() { 0.0 } else { share };
        let shares = Shares::new(
            wanted(&self.val, spec.val_fraction),
            wanted(&self.test, spec.test_fraction),
        )?;
        let [train, val, test] = carve(self.train, shares, spec.seed);
        self.train = train;
        for (split, share, spare, name) in
            [(&mut self.val, shares.val, val, "val"), (&mut self.test, shares.test, test, "test")]
        {
            if share > 0.0 && spare.is_empty() {
                self.problems.push(Error::EmptySplit { split: name, path: path.to_owned() });
            }
            if share > 0.0 {
                *split = Some(spare);
                self.carved.push((name, share));
            }
        }
        if spec.train == TrainSplit::TrainVal {
            self.train.extend(self.val.take().into_iter().flatten());
        }
        Ok(self)
    }

    /// The task, and what is wrong with it.
    pub(crate) fn into_task(self, name: &str) -> (Task, Vec<Error>) {
        let task = Task {
            name: name.to_owned(),
            recognised: self.recognised,
            classes: self.classes,
            remarks: self.remarks,
            train: Split::new(self.train).with_carved(self.carved),
            val: self.val.map(Split::new),
            test: self.test.map(Split::new),
        };
        (task, self.problems)
    }
}

/// `[train, val, test]` out of one split, class by class, each in the order it had.
fn carve(items: Vec<Item>, shares: Shares, seed: u64) -> [Vec<Item>; 3] {
    let classes = items.iter().map(|item| item.label + 1).max().unwrap_or(0);
    let mut of_class = vec![Vec::new(); classes];
    for (index, item) in items.iter().enumerate() {
        of_class[item.label].push(index);
    }
    let mut part_of = vec![0; items.len()];
    for (class, indices) in of_class.into_iter().enumerate() {
        let mut random = stream(seed, Purpose::Folder, [class as u64, 0]);
        for (part, indices) in shares.split(indices, &mut random).iter().enumerate() {
            indices.iter().for_each(|&index| part_of[index] = part);
        }
    }
    let mut parts = <[Vec<Item>; 3]>::default();
    for (item, part) in items.into_iter().zip(part_of) {
        parts[part].push(item);
    }
    parts
}
