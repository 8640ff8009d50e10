use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Error, Score, atomic, number::or_nan};

/// The final numbers of a run: `result.json`. Written last, so that a run with one is finished.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    /// The name of the method: `linear`, `vpt-shallow`, `vpt-deep`, or `pro-vpt-` and the allocator.
    pub method: String,
    /// The task's name.
    pub task: String,
    /// The backbone's name.
    pub backbone: String,
    /// The seed.
    pub seed: u64,
    /// Epochs trained.
    pub epochs: usize,
    /// Fraction of training samples classified right in the last epoch.
    #[serde(deserialize_with = "or_nan")]
    pub train_top1: f64,
    /// On the validation images, at the end.
    pub val: Option<Score>,
    /// On the test images, at the end.
    pub test: Option<Score>,
    /// The epoch that was best on the validation images.
    pub best_val: Option<BestEpoch>,
    /// Test accuracy by class, in label order; on the validation images where there is no test.
    #[serde(default)]
    pub per_class: Vec<ClassScore>,
    /// `[C][C]` the same images: `confusion[true class][predicted class]`.
    #[serde(default)]
    pub confusion: Vec<Vec<u64>>,
    /// All prompts.
    pub prompts: usize,
    /// All numbers that were trained.
    pub parameters: usize,
    /// `[L]` prompts in each block at the end.
    #[serde(default)]
    pub distribution: Vec<usize>,
    /// Wall-clock seconds of the whole run.
    #[serde(deserialize_with = "or_nan")]
    pub seconds: f64,
    /// The largest resident memory of the process, if the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// Moves made.
    pub relocations: usize,
    /// Prompts that were there at first, and were removed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pruned: usize,
    /// The version of the program.
    pub version: String,
    /// The numbers that the backbone's matrices were multiplied in, and what multiplied them; `None`
    /// in f32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
}

/// The epoch that was best on the validation images.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct BestEpoch {
    /// Counted from 0.
    pub epoch: usize,
    /// Its accuracy, a fraction.
    #[serde(deserialize_with = "or_nan")]
    pub top1: f64,
}

/// How often one class was recognised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassScore {
    /// The class.
    pub name: String,
    /// Images of it classified right.
    pub correct: u64,
    /// Images of it.
    pub total: u64,
}

impl ClassScore {
    /// The fraction classified right; `None` without images.
    pub fn accuracy(&self) -> Option<f64> {
        (self.total > 0).then(|| self.correct as f64 / self.total as f64)
    }
}

impl RunResult {
    /// Whether prompts may be elsewhere than they were at first.
    pub fn redistributed(&self) -> bool {
        self.relocations > 0 || self.pruned > 0
    }

    /// Which loss is not a finite number, if one is not: `validation loss`, `test loss`.
    pub fn diverged(&self) -> Option<&'static str> {
        let is = |score: &Option<Score>| score.is_some_and(|score| !score.loss.is_finite());
        let losses = [("validation loss", is(&self.val)), ("test loss", is(&self.test))];
        losses.iter().find_map(|&(name, diverged)| diverged.then_some(name))
    }

    /// Reads `result.json`.
    ///
    /// # Errors
    /// [`Error::Read`] or [`Error::Malformed`].
    pub fn load(path: &Path) -> Result<Self, Error> {
        super::load_json(path, "the result of a run")
    }

    /// Replaces `result.json` atomically.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn store(&self, path: &Path) -> Result<(), Error> {
        atomic::write_json(path, self)
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*};

    use super::*;

    fn result() -> impl Strategy<Value = RunResult> {
        let unit = || 0.0..1.0;
        let classes = vec((".*", any::<u64>(), any::<u64>()), 0..4);
        let counts = (any::<u64>(), any::<u32>(), vec(0usize..50, 0..6));
        (classes, counts, option::of(unit()), unit(), ".*").prop_map(
            |(classes, (big, small, distribution), maybe, top1, text)| RunResult {
                method: text.clone(),
                seed: big,
                epochs: small as usize,
                train_top1: top1,
                val: maybe.map(|loss| Score { loss, top1 }),
                best_val: maybe.map(|top1| BestEpoch { epoch: small as usize, top1 }),
                confusion: vec![vec![big, 0], vec![1, 2]],
                per_class: classes
                    .into_iter()
                    .map(|(name, correct, total)| ClassScore { name, correct, total })
                    .collect(),
                distribution,
                peak_memory_bytes: maybe.map(|_| big),
                precision: maybe.map(|_| text.clone()),
                version: text,
                ..RunResult::default()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn round_trip(result in result()) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("result.json");
            result.store(&path).unwrap();
            prop_assert_eq!(RunResult::load(&path).unwrap(), result);
        }
    }

    #[test]
    fn a_file_that_holds_something_else_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.json");
        atomic::write(&path, b"{\"method\": 3}").unwrap();
        let message = RunResult::load(&path).unwrap_err().to_string();
        let expected = "result.json: malformed file: expected the result of a run, got ";
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn a_class_without_images_has_no_accuracy() {
        let class = |correct, total| ClassScore { name: String::new(), correct, total };
        assert_eq!(class(3, 4).accuracy(), Some(0.75));
        assert_eq!(class(0, 0).accuracy(), None);
    }
}
